#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 23, memmon's part: --prometheus is the text that node_exporter's textfile collector reads; the real one serves it
# with its types.
# shellcheck disable=SC2317  # functions that wait_for calls
set -u
. tests/lib.sh
need_bpf
need_tool perl perl-base

memmon=$B/memmon
mkdir "$tmp/textfile"
run "$memmon" --object tasks -n 1 --prometheus --top 5
is "--prometheus: exit code" "$code" 0
printf '%s\n' "$out" >"$tmp/textfile/memmon.prom"
like "a counter is named and typed as the older text has it" "$out" '^# TYPE memmon_ring_full_total counter$'
hasnt "no end that only OpenMetrics has" "$out" '# EOF'
run "$memmon" --json --prometheus
is "two formats: exit code" "$code" 2
has "two formats: choose one" "$err" "--json, --csv, --openmetrics and --prometheus: choose one"
run "$B/cpumon" -n 1 --prometheus --top 5
printf '%s\n' "$out" >"$tmp/textfile/cpumon.prom"
# A reader takes one of each figure: of several frames, and of a recording, the last is printed.
twice() { printf '%s\n' "$out" | sed -n 's/^# HELP \([^ ]*\).*/\1/p' | sort | uniq -d; }
run "$memmon" --object tasks -n 2 --interval 0.2 --prometheus --top 5
is "of two frames nothing stands twice" "$code:$(printf '%s\n' "$out" | grep -c '^memmon_frame_time_seconds '):$(twice)" "0:1:"
printf '%s\n' "$out" >"$tmp/textfile/memmon.prom"
run "$memmon" --object tasks --prometheus --top 5
is "without a number of frames it is one" "$code:$(printf '%s\n' "$out" | grep -c '^memmon_frame_time_seconds '):$(twice)" "0:1:"
run "$memmon" --object tasks -n 3 --interval 0.2 --record "$tmp/recording" --json
last=$(printf '%s\n' "$out" | tail -n 1 | sed -n 's/.*"time":"\([^".]*\).*/\1/p')
run "$memmon" --replay "$tmp/recording" --openmetrics
is "of a recording nothing stands twice" "$code:$(printf '%s\n' "$out" | grep -c '# EOF'):$(twice)" "0:1:"
at=$(printf '%s\n' "$out" | awk '$1 == "memmon_frame_time_seconds" { print $2 }')
is "and its last frame is what is printed" "$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%S)" "$last"

if find_tool promtool prometheus usr/bin/promtool; then
	for file in "$tmp/textfile"/*.prom; do
		run "$tool" check metrics <"$file"
		is "promtool has nothing to say about $(basename "$file")" "$code$out$err" 0
	done
else
	skip "promtool" "$why"
fi
if ! find_tool prometheus-node-exporter prometheus-node-exporter usr/bin/prometheus-node-exporter; then
	skip "node_exporter" "$why"
	done_testing
fi
"$tool" --collector.disable-defaults --collector.textfile --collector.textfile.directory="$tmp/textfile" \
	--web.listen-address=127.0.0.1:0 >"$tmp/exporter.log" 2>&1 &
exporter=$!
at_exit "kill $exporter 2>/dev/null; wait $exporter 2>/dev/null"
# port: where it listens
port() {
	find "/proc/$exporter/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null >"$tmp/sockets"
	hex=$(awk 'NR == FNR { gsub(/[^0-9]/, ""); mine[$0] = 1; next } $4 == "0A" && ($10 in mine) { sub(/.*:/, "", $2); print $2; exit }' \
		"$tmp/sockets" "/proc/$exporter/net/tcp")
	[ -n "$hex" ] && port=$((0x$hex))
}
tries=0
until port; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || break
	sleep 0.1
done
perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(PeerAddr => shift, Timeout => 10) or die "$@";
	print $s "GET /metrics HTTP/1.0\r\n\r\n"; print while <$s>' "127.0.0.1:$port" | tr -d '\r' >"$tmp/served"
is "node_exporter has read both" "$(grep -c '^node_textfile_scrape_error 0$' "$tmp/served")" 1
for metric in memmon_ring_full_total memmon_process_resident_bytes cpumon_process_cpu_seconds_total; do
	type=$(sed -n "s/^# TYPE $metric //p" "$tmp/textfile"/*.prom)
	is "node_exporter serves $metric as a $type" "$(sed -n "s/^# TYPE $metric //p" "$tmp/served")" "$type"
done
done_testing
