#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 600
# Many memmon --serve, scraped by a real Prometheus, while names churn: no series is lost, none is left of one that was killed,
# and there are few of them however many names there were. `make test-watch` does it with 50 for two minutes; else a few, briefly.
# Env: WATCH_INSTANCES (5), WATCH_SECONDS (8).
# shellcheck disable=SC2317  # functions that comes calls
. tests/lib.sh
need_bpf
need_tool perl perl-base
need_tool jq jq
find_tool promtool prometheus usr/bin/promtool || skip_all "$why"
promtool=$tool
find_tool prometheus prometheus usr/bin/prometheus || skip_all "$why"

memmon=$B/memmon
instances=${WATCH_INSTANCES:-5}
seconds=${WATCH_SECONDS:-8}
step=2
[ "$instances" -lt 20 ] || step=10

# comes COMMAND..: until it succeeds; a machine that is busy has a minute
comes() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || return 1
		sleep 0.2
	done
}

# Large, so that it has a place; and five that take a new name, each larger than most, five times a second.
perl -e '$0 = "watch-steady"; my $x = "x" x (64 << 20); sleep 1 while 1' &
steady=$!
at_exit "kill $steady 2>/dev/null"
for i in 1 2 3 4 5; do
	perl -e 'my $x = "x" x (80 << 20); my $i = 0; while (1) { $0 = "churn-$ARGV[0]-" . $i++; select undef, undef, undef, 0.2 }' $i &
	at_exit "kill $! 2>/dev/null"
done
named() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }
comes named $steady watch-steady

# Every tenth counts calls; fifty at every system call of this machine would be felt by who works beside us.
i=0
while [ $i -lt "$instances" ]; do
	monitor=tasks
	[ $((i % 10)) -ne 0 ] || monitor=memmon_fast
	"$memmon" --object $monitor --batch --interval 0.5 --serve 0 >/dev/null 2>"$tmp/err.$i" &
	eval "pid_$i=$!"
	at_exit "kill $! 2>/dev/null"
	i=$((i + 1))
done
served() { [ "$(cat "$tmp"/err.* | grep -c serving)" -eq "$instances" ]; }
check "all $instances serve" comes served || {
	cat "$tmp"/err.*
	done_testing
}
address_of() { sed -n 's,.*http://\([^/]*\)/metrics.*,\1,p' "$tmp/err.$1"; }
{
	echo "global: {scrape_interval: ${step}s, scrape_timeout: ${step}s, evaluation_interval: ${step}s}"
	echo "rule_files: ['$PWD/share/prometheus/beebench.rules.yml']"
	echo "scrape_configs: [{job_name: memmon, static_configs: [{targets: ["
	i=0
	while [ $i -lt "$instances" ]; do
		echo "'$(address_of $i)',"
		i=$((i + 1))
	done
	echo "]}]}]"
} >"$tmp/prometheus.yml"
"$tool" --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/data" --web.listen-address=127.0.0.1:0 --log.level=info \
	>"$tmp/prometheus.log" 2>&1 &
prometheus=$!
at_exit "kill $prometheus 2>/dev/null; wait $prometheus 2>/dev/null"
listens() {
	port=$(sed -n 's/.*Listening on" address=127.0.0.1:\([0-9]*\).*/\1/p' "$tmp/prometheus.log" | head -n 1)
	[ -n "$port" ]
}
if ! comes listens; then
	fail "Prometheus listens" "$(cat "$tmp/prometheus.log")"
	done_testing
fi
# query EXPRESSION: the value of the one sample, in $value
query() {
	value=$("$promtool" query instant "http://127.0.0.1:$port" "$1" 2>/dev/null | sed -n 's/.* => \([^ ]*\) @.*/\1/p')
	[ -n "$value" ]
}
query_is() { query "$1" && [ "$value" = "$2" ]; }

check "all $instances are up at once" comes query_is 'count(up{job="memmon"} == 1)' "$instances"
sleep "$seconds"
# As many scrapes as there would be in that time, however long they take.
want=$((seconds / step))
scraped() { query 'min(count_over_time(memmon_processes[1h]))' && [ "$value" -ge "$want" ]; }
check "each has been scraped $want times" comes scraped
check "no series is lost: a name that stays is in every scrape" query_is \
	'count(count_over_time(memmon_process_resident_bytes{name="watch-steady"}[1h]) == ignoring (name) count_over_time(memmon_processes[1h]))' \
	"$instances"
check "nor are totals" query_is \
	'count(count_over_time(memmon_ended_processes_total[1h]) == count_over_time(memmon_processes[1h]))' "$instances"
check "no counter fell" query_is \
	'sum(resets(memmon_process_mmap_calls_total[1h])) + sum(resets(memmon_machine_page_faults_total[1h])) + sum(resets(memmon_ended_processes_total[1h]))' 0
# 40 names at once, one more in three minutes, the rest: monitor/sink/groups.h
most=$((41 + seconds / 180 + 2))
names() { query 'max(count by (instance) (count_over_time(memmon_group_processes[1h])))' && [ "$value" -le $most ]; }
check "names churn: no instance has had more than $most of them" names
names && echo "# at most $value names an instance"
check "at no time more than 20" query_is 'max(max_over_time((count by (instance) (memmon_group_processes))[1h:1s])) <= bool 20' 1
churned() { query 'min(max_over_time(memmon_groups_waiting[1h]))' && [ "${value%.*}" -ge 1 ]; }
check "there were more names, which wait in the rest" comes churned
query 'sum(scrape_samples_scraped)' && echo "# samples a scrape, all instances: $value"
query 'prometheus_tsdb_head_series' || query 'count({__name__=~".+"})'
echo "# series: $value"
query 'max(max_over_time(scrape_duration_seconds[1h]))' && echo "# longest scrape: $value s"

# --- one is killed
eval "kill -9 \$pid_1"
dead=$(address_of 1)
check "one that was killed is down" comes query_is "up{instance=\"$dead\"}" 0
check "nothing is left of it" comes query_is "absent({__name__=~\"memmon_.*\", instance=\"$dead\"})" 1
check "the others are all there" comes query_is 'count(memmon_processes)' $((instances - 1))
check "and a rule's machines are one fewer" comes query_is 'job:memmon_machines:count' $((instances - 1))
hasnt "Prometheus found nothing wrong" "$(cat "$tmp/prometheus.log")" "level=error"
hasnt "nor a sample twice" "$(cat "$tmp/prometheus.log")" "append failed"
i=0
while [ $i -lt "$instances" ]; do
	grep -v serving "$tmp/err.$i"
	i=$((i + 1))
done >"$tmp/complaints"
is "no memmon complained" "$(cat "$tmp/complaints")" ""
done_testing
