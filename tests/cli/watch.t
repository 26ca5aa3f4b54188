#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is shipped for watching many machines (share/): the rules do what they say, the dashboard asks for figures that there
# are, the unit's rights are enough and no more than two, the manifest asks for the same.
# shellcheck disable=SC2317,SC2016,SC2013  # functions that comes calls; expressions of jq; names without blanks
. tests/lib.sh
need_tool jq jq

memmon=$B/memmon
rules=share/prometheus/beebench.rules.yml
dashboard=share/grafana/beebench.json

# --- the dashboard
check "the dashboard is JSON" jq -e '.panels | length > 10' "$dashboard"
is "no panel has another's number" "$(jq '[.panels[].id] | length - (unique | length)' "$dashboard")" 0
is "no panel lies over another" "$(jq '[.panels[] | .gridPos as $g | range($g.x; $g.x + $g.w) as $x | range($g.y; $g.y + $g.h) as $y | [$x, $y]] |
	length - (unique | length)' "$dashboard")" 0
is "none is wider than the page" "$(jq '[.panels[].gridPos | select(.x + .w > 24)] | length' "$dashboard")" 0
# Grafana's variables, as it would fill them in.
# shellcheck disable=SC2016
jq -r '.panels[].targets[]?.expr' "$dashboard" | sed 's/\$__rate_interval/1m/g; s/\$instance/.*/g' >"$tmp/queries"
check "there are queries" test "$(wc -l <"$tmp/queries")" -gt 20
hasnt "no variable is left" "$(cat "$tmp/queries")" '$'

# --- what they ask for is served
if why=$(bpf_refused); then
	skip "every figure that is asked for is served" "$why"
else
	# Of a second frame: rates are of two.
	"$memmon" --batch -n 2 -i 0.3 --prometheus >"$tmp/memmon.txt" 2>"$tmp/err"
	"$B/cpumon" --batch -n 2 -i 0.3 --prometheus >"$tmp/cpumon.txt" 2>>"$tmp/err"
	is "both print figures" "$(cat "$tmp/err")" ""
	{
		sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$tmp/memmon.txt" "$tmp/cpumon.txt"
		sed -n 's/.*record: //p' $rules
	} | sort -u >"$tmp/served"
	# unserved NAME FILE: the names of figures in FILE that nobody serves
	unserved() {
		grep -oE '\b([a-z_]+:)?(memmon|cpumon)_[a-z_]+(:[a-z0-9]+)?' "$2" | sort -u >"$tmp/asked"
		check "$1: asks for figures" test -s "$tmp/asked"
		is "$1: every figure is served, or recorded by a rule" "$(comm -23 "$tmp/asked" "$tmp/served")" ""
	}
	unserved "dashboard" "$tmp/queries"
	grep -v '^ *#' $rules | grep -vE 'summary:|description:' >"$tmp/rules"
	unserved "rules" "$tmp/rules"
	unserved "cases of the rules" tests/fixtures/prometheus/beebench.test.yml
fi

# --- rules and queries, by Prometheus' own reader
if find_tool promtool prometheus usr/bin/promtool; then
	promtool=$tool
	run "$promtool" check rules $rules
	is "promtool check rules" "$code" 0
	run "$promtool" check config share/prometheus/scrape.yml
	is "promtool check config" "$code" 0
	run "$promtool" test rules tests/fixtures/prometheus/beebench.test.yml
	is "promtool test rules" "$code" 0 || printf '%s\n' "$out$err"
	# Every alert has a case where it fires.
	sed -n 's/.*- alert: //p' $rules >"$tmp/alerts"
	while read -r alert; do
		check "$alert: has a case where it fires" grep -A 1 "alertname: $alert\$" -m 20 tests/fixtures/prometheus/beebench.test.yml
		is "$alert: and one where it does not" "$(grep -c "alertname: $alert}" tests/fixtures/prometheus/beebench.test.yml)" 1
	done <"$tmp/alerts"
	# A rule that is wrong is found out by them.
	mkdir -p "$tmp/share/prometheus" "$tmp/tests/fixtures/prometheus"
	cp tests/fixtures/prometheus/beebench.test.yml "$tmp/tests/fixtures/prometheus/"
	sed 's/{bound="low"} > 16384/{bound="high"} > 16384/' $rules >"$tmp/share/prometheus/beebench.rules.yml"
	run "$promtool" test rules "$tmp/tests/fixtures/prometheus/beebench.test.yml"
	is "the cases find a wrong rule out" "$code" 1
	awk 'BEGIN { print "groups:\n- name: dashboard\n  rules:" }
		{ gsub(/'\''/, "'\'\''"); printf "  - record: q%d\n    expr: '\''%s'\''\n", NR, $0 }' "$tmp/queries" >"$tmp/queries.yml"
	run "$promtool" check rules "$tmp/queries.yml"
	is "promtool reads every query of the dashboard" "$code" 0 || printf '%s\n' "$out$err"
else
	skip "promtool" "$why"
fi

# --- the unit
unit=share/systemd/memmon.service
is "the unit has two capabilities" "$(sed -n 's/^AmbientCapabilities=//p' $unit)" "CAP_BPF CAP_PERFMON"
is "and can have no more" "$(sed -n 's/^CapabilityBoundingSet=//p' $unit)" "CAP_BPF CAP_PERFMON"
if have systemd-analyze; then
	sed "s,/usr/bin/memmon,$(realpath "$memmon")," $unit | grep -v '^Documentation=' >"$tmp/memmon.service"
	run systemd-analyze verify "$tmp/memmon.service"
	is "systemd-analyze verify" "$code$out$err" 0
	if systemd-analyze security --help 2>/dev/null | grep -q -- --threshold; then
		# 4.0: better than what systemd calls medium
		run systemd-analyze security --offline=true --threshold=40 "$tmp/memmon.service"
		is "systemd-analyze security" "$code" 0 || printf '%s\n' "$out" | tail -n 1
	fi
else
	skip "systemd-analyze" "no systemd-analyze; sudo apt-get install systemd"
fi

# comes COMMAND..: until it succeeds, a minute at most
comes() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || return 1
		sleep 0.1
	done
}
# get ADDRESS: the text of /metrics
get() {
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(PeerAddr => shift, Timeout => 30) or die "$@";
		print $s "GET /metrics HTTP/1.0\r\n\r\n"; print while <$s>' "$1"
}
if why=$(bpf_refused); then
	skip "the unit's command with the unit's rights" "$why"
elif ! have setpriv || ! have perl; then
	skip "the unit's command with the unit's rights" "no setpriv or no perl"
else
	chmod 755 "$tmp"
	mkdir "$tmp/data"
	cp -r "$B/bpf" "$tmp/data/"
	cp "$memmon" "$tmp/memmon"
	chmod -R a+rX "$tmp/data" "$tmp/memmon"
	caps=$(sed -n 's/^AmbientCapabilities=//p' $unit | tr ' ' '\n' | sed 's/^CAP_/+/' | tr 'A-Z\n' 'a-z,' | sed 's/,$//')
	sed -n 's/^ExecStart=//p' $unit | sed "s,/usr/bin/memmon,$tmp/memmon,; s/127.0.0.1:9435/127.0.0.1:0/; s/ \$MEMMON_OPTIONS//" >"$tmp/command"
	# shellcheck disable=SC2046 # split as systemd does
	BEEBENCH_DATA="$tmp/data" setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --inh-caps "-all,$caps" \
		--ambient-caps "-all,$caps" --bounding-set "-all,$caps" $(cat "$tmp/command") >/dev/null 2>"$tmp/unit.err" &
	server=$!
	at_exit "kill $server 2>/dev/null"
	comes grep -qs serving "$tmp/unit.err"
	address=$(sed -n 's,.*http://\([^/]*\)/metrics.*,\1,p' "$tmp/unit.err")
	answers() { get "$address" >"$tmp/unit.txt" 2>/dev/null && grep -q '^memmon_machine_mmap_calls_total ' "$tmp/unit.txt"; }
	check "it serves what the BPF programs count" comes answers
	like "with the monitor that counts" "$(cat "$tmp/unit.txt")" '^memmon_monitor_info\{monitor="memmon_fast",'
	is "as nobody" "$(awk '$1 == "Uid:" { print $2, $3 }' /proc/$server/status)" "65534 65534"
	is "it has given up CAP_BPF, and cannot have it back" \
		"$(awk '$1 == "CapEff:" || $1 == "CapPrm:" || $1 == "CapAmb:" { print $2 }' /proc/$server/status | grep -vxE '0+|0000004000000000')" ""
	is "nor new rights" "$(awk '$1 == "NoNewPrivs:" { print $2 }' /proc/$server/status)" 1
	hasnt "it has nothing to complain of" "$(cat "$tmp/unit.err")" "error"
	kill $server
	wait $server 2>/dev/null
fi

# --- the DaemonSet
manifest=share/kubernetes/memmon.yaml
if have kubectl; then
	# --local asks no cluster. 'set env' reads what has pods as the type that it names; 'label' would take any field.
	sed '1,/^---/d' $manifest >"$tmp/daemonset.yaml"
	run kubectl set env --local --dry-run=client -f "$tmp/daemonset.yaml" CHECKED=yes -o json
	is "kubectl reads the DaemonSet as its type" "$code" 0
	run kubectl label --local -f $manifest checked=yes -o json
	is "kubectl reads the manifest" "$code" 0
	pod=$(printf '%s' "$out" | jq -c 'select(.kind == "DaemonSet") | .spec.template')
	is "two capabilities" "$(printf '%s' "$pod" | jq -c '.spec.containers[0].securityContext.capabilities')" '{"add":["BPF","PERFMON"],"drop":["ALL"]}'
	is "not privileged, not root" "$(printf '%s' "$pod" | jq -c '.spec.containers[0].securityContext | [.privileged, .runAsNonRoot]')" '[null,true]'
	is "the machine's process numbers" "$(printf '%s' "$pod" | jq .spec.hostPID)" true
	# shellcheck disable=SC2016
	is "the port that is scraped is the port that is served" \
		"$(printf '%s' "$pod" | jq -r '.metadata.annotations["prometheus.io/port"], .spec.containers[0].ports[0].containerPort, (.spec.containers[0].args | index("--serve") as $i | .[$i + 1])' | tr '\n' ' ')" \
		'9435 9435 $(NODE_IP):9435 '
	is "the selector finds its pods" \
		"$(printf '%s' "$out" | jq 'select(.kind == "DaemonSet") | .spec.template.metadata.labels | contains({"app.kubernetes.io/name": "memmon"})')" true
	is "and asks for no other label" \
		"$(printf '%s' "$out" | jq -c 'select(.kind == "DaemonSet") | .spec.selector.matchLabels')" '{"app.kubernetes.io/name":"memmon"}'
	# Its arguments are memmon's.
	printf '%s' "$pod" | jq -r '.spec.containers[0].args[] | select(startswith("--"))' >"$tmp/options"
	"$memmon" --help >"$tmp/help"
	while read -r option; do
		check "memmon has $option" grep -q -- " $option" "$tmp/help"
	done <"$tmp/options"
else
	skip "the DaemonSet" "no kubectl; sudo apt-get install kubernetes-client"
fi
done_testing
