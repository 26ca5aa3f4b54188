#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck disable=SC2317  # functions that wait_for and check call
# Number 37: memmon --serve, scraped by a real Prometheus: it is up, and what it stores of a process that this test started is what /proc says.
set -u
. tests/lib.sh
need_bpf
need_tool perl perl-base

memmon=$B/memmon

# stop PID: ends what this test started
stop() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}
# wait_for COMMAND..: until it succeeds, 30 s at most
wait_for() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || return 1
		sleep 0.1
	done
}
# port_of PID: the TCP port on 127.0.0.1 that the process listens on
port_of() {
	find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null >"$tmp/sockets"
	hex=$(awk 'NR == FNR { gsub(/[^0-9]/, ""); mine[$0] = 1; next } $4 == "0A" && ($10 in mine) { sub(/.*:/, "", $2); print $2; exit }' \
		"$tmp/sockets" "/proc/$1/net/tcp")
	[ -n "$hex" ] && port=$((0x$hex))
}

sleep 300 &
subject=$!
at_exit "kill $subject 2>/dev/null"

"$memmon" --batch --interval 1 --serve 0 --metrics-by pid --filter "pid = $subject" >/dev/null 2>"$tmp/memmon.err" &
server=$!
at_exit "kill $server 2>/dev/null"
wait_for grep -q serving "$tmp/memmon.err" || fail "memmon says where it serves" "$(cat "$tmp/memmon.err")"
like "memmon serves on loopback, and says where" "$(cat "$tmp/memmon.err")" '^memmon: serving http://127\.0\.0\.1:[0-9]+/metrics$'
address=$(sed -n 's,.*http://\([^/]*\)/metrics.*,\1,p' "$tmp/memmon.err")

run "$memmon" --batch -n 1 --serve "$address"
is "a port in use: exit code" "$code" 2
has "a port in use: which, and what to do" "$err" "cannot serve on $address: another program has this port; choose another one"
has "a port in use: how to see who has it" "$err" "ss -ltnp 'sport = :${address#*:}'"
is "a port in use: nothing is printed" "$out" ""

run "$memmon" --batch -n 1 --serve example.org:80
is "a name for an address: exit code" "$code" 2
has "a name for an address: what is wrong" "$err" "'example.org' is no address; give it in numbers"

# get REQUEST-LINE [HEADER..]: the answer in $answer, without carriage returns
get() {
	answer=$(perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(PeerAddr => shift, Timeout => 10) or die "$@";
		print $s join("\r\n", @ARGV, "", "");
		print while <$s>' "$address" "$@" | tr -d '\r')
}
get "GET / HTTP/1.1" "Host: x"
has "/: says where the figures are" "$answer" "figures for Prometheus are at /metrics"
get "GET /x HTTP/1.1" "Host: x"
like "another page: 404" "$answer" '^HTTP/1.1 404 Not Found$'
get "DELETE /metrics HTTP/1.1" "Host: x"
like "another method: 405" "$answer" '^HTTP/1.1 405 Method Not Allowed$'
like "another method: which there are" "$answer" '^Allow: GET, HEAD$'
get "GET /metrics HTTP/1.1" "Host: x" "Accept: application/openmetrics-text"
like "OpenMetrics where it is preferred" "$answer" '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8$'
is "OpenMetrics ends as it must" "$(printf '%s\n' "$answer" | tail -n 1)" "# EOF"
get "GET /metrics HTTP/1.1" "Host: x"
like "the older text elsewhere" "$answer" '^Content-Type: text/plain; version=0.0.4; charset=utf-8$'
printf '%s\n' "$answer" | sed '1,/^$/d' >"$tmp/text"

if ! find_tool promtool prometheus usr/bin/promtool; then
	skip "promtool and Prometheus" "$why"
	done_testing
fi
promtool=$tool
run "$promtool" check metrics <"$tmp/text"
is "promtool has nothing to say about the older text" "$code$out$err" 0
run "$memmon" --batch -n 2 --interval 0.2 --openmetrics --filter "pid = $subject"
is "--openmetrics prints what is served" "$code$(printf '%s\n' "$out" | tail -n 1)" "0# EOF"

if ! find_tool prometheus prometheus usr/bin/prometheus; then
	skip "Prometheus" "$why"
	done_testing
fi
cat >"$tmp/prometheus.yml" <<YML
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: memmon
    static_configs:
      - targets: ['$address']
YML
"$tool" --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/data" --web.listen-address=127.0.0.1:0 \
	--log.level=warn >"$tmp/prometheus.log" 2>&1 &
prometheus=$!
at_exit "kill $prometheus 2>/dev/null; wait $prometheus 2>/dev/null"
if ! wait_for port_of "$prometheus"; then
	fail "Prometheus listens" "$(cat "$tmp/prometheus.log")"
	done_testing
fi

# query EXPRESSION: the value in $value; fails without one
query() {
	value=$("$promtool" query instant "http://127.0.0.1:$port" "$1" 2>/dev/null | sed -n 's/.* => \([^ ]*\) @.*/\1/p')
	[ -n "$value" ]
}
query_is() {
	query "$1" && [ "$value" = "$2" ]
}

check "Prometheus scrapes memmon" wait_for query_is "up{job=\"memmon\"}" 1
resident=$(awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$subject/status")
check "the resident memory it stores is what /proc says" \
	wait_for query_is "memmon_process_resident_bytes{pid=\"$subject\",name=\"sleep\"}" "$resident"
check "only processes that match have samples" query_is "count(memmon_process_resident_bytes)" 1
check "the tool's own memory is there" wait_for query_is "memmon_own_resident_bytes > bool 1e6" 1
check "counters are counters" query_is "count(memmon_ring_full_total)" 1
check "what counts is named" query_is "count(memmon_monitor_info{monitor!=\"\",version!=\"\"})" 1

stop "$subject"
check "a process that has ended leaves" wait_for query_is "absent(memmon_process_resident_bytes)" 1
stop "$server"
check "Prometheus sees that memmon has gone" wait_for query_is "up{job=\"memmon\"}" 0
stop "$prometheus"
hasnt "Prometheus found nothing wrong with what it scraped" "$(cat "$tmp/prometheus.log")" "append failed"

done_testing
