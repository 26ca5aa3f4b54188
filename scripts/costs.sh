#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Measures what each monitor costs an event and writes monitor/costs.json, which memmon, cpumon and the manual pages show.
# Needs root and a quiet machine. A monitor whose figures do not count (void) is measured again, after PAUSE seconds; when one
# cannot be measured, the file stays as it is, or with PARTIAL=1 is written without it.
# Env: B; SECONDS_EACH (20) for each monitor; TRIES (3); PAUSE (5); OUT (monitor/costs.json); COUNTERS: memmon_fast with events off.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build} bee=${B:-build}/beebench each=${SECONDS_EACH:-20} tries=${TRIES:-3} out=${OUT:-monitor/costs.json}
counters=${COUNTERS:-$B/costs/memmon_fast-counters.bpf.o}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
missing=

# What a record says of a monitor: the calls that count for its definition, each with its interval, and their mean. Monitors of
# completed calls are priced by calls that work; those of the CPU take part in every call.
# shellcheck disable=SC2016 # jq's variables
figures='
def calls: [.[] | select(.type == "sharp" and .status == "ok" and .a_ns.centre != null)];
(calls | map(select(.event | endswith("-ok")))) as $ok
| (if ($ok | length) > 0 then $ok
   elif $cpu then calls | map(select(.event == "other"))
   else calls | map(select(.event | IN("mmap", "munmap", "brk"))) end) as $use
| if ($use | length) == 0 then error("no figure that counts") else
  {mean: (($use | map(.a_ns.centre) | add) / ($use | length)),
   calls: ($use | map({key: (.event | sub("-ok$"; "")),
	value: {ns: .a_ns.centre, low: .a_ns.low, high: .a_ns.high}}) | from_entries)} end'

# measure NAME MONITOR: $tmp/NAME.json
measure() {
	cpu=false
	case $1 in cpumon*) cpu=true ;; esac
	try=1
	while [ "$try" -le "$tries" ]; do
		echo "costs: $1, $each s" >&2
		code=0
		"$bee" overhead -q -m "$2" -t "$each" -o attach=0,slowdown=0 --out - >"$tmp/records" || code=$?
		void=$(jq -rs '[.[] | select(.type == "sharp" and .status != "ok")][0].reason // empty' "$tmp/records")
		if [ $code -eq 0 ] && [ -z "$void" ] &&
			jq -s --argjson cpu $cpu "$figures" "$tmp/records" >"$tmp/$1.json"; then
			return 0
		fi
		echo "costs: $1: does not count: ${void:-exit code $code}" >&2
		try=$((try + 1))
		[ "$try" -gt "$tries" ] || sleep "${PAUSE:-5}"
	done
	rm -f "$tmp/$1.json"
	missing="$missing $1"
}

# An event is what the object of that name loads with; memmon_fast is measured without events as well.
monitors="memmon memmon-honey memmon-honey-O memmon-tgid memmon_fast cpumon cpumon-honey cpumon-honey-O"
for name in $monitors; do
	measure "$name" "$name"
done
measure memmon_fast-counters "$counters"

jq -n '{}' >"$tmp/all"
for name in $monitors; do
	[ -e "$tmp/$name.json" ] || continue
	# with_events: records are written; ns_per_event: counters alone. A monitor without the switch has one of the two.
	case $name in
	memmon_fast) entry='{with_events: .mean, calls: .calls}' ;;
	memmon*) entry='{ns_per_event: .mean, with_events: .mean, calls: .calls}' ;;
	*) entry='{ns_per_event: .mean, calls: .calls}' ;;
	esac
	jq --arg name "$name" --slurpfile m "$tmp/$name.json" ". + {(\$name): (\$m[0] | $entry)}" "$tmp/all" >"$tmp/next"
	mv "$tmp/next" "$tmp/all"
done
if [ -e "$tmp/memmon_fast-counters.json" ]; then
	jq --slurpfile m "$tmp/memmon_fast-counters.json" \
		'.memmon_fast = {ns_per_event: $m[0].mean, counters: $m[0].calls} + (.memmon_fast // {})' "$tmp/all" >"$tmp/next"
	mv "$tmp/next" "$tmp/all"
fi
if [ -n "$missing" ]; then
	echo "costs: not measured:$missing" >&2
	if [ -z "${PARTIAL:-}" ] || [ "$(jq length "$tmp/all")" -eq 0 ]; then
		echo "costs: error: $out stays as it is (PARTIAL=1 writes what there is)" >&2
		exit 1
	fi
fi
cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
jq --arg host "${cpu:-$(uname -m)}, $(nproc) CPUs" --arg kernel "$(uname -r)" --arg date "$(date -u +%F)" \
	--arg command "beebench overhead -t $each -o attach=0,slowdown=0" --argjson digits 10 '
	def short: if type == "number" then . * $digits | round / $digits else . end;
	{schema: 1, host: $host, kernel: $kernel, date: $date, command: $command, monitors: map_values(walk(short))}' \
	"$tmp/all" >"$tmp/costs.json"
cp "$tmp/costs.json" "$out"
echo "costs: $out has$(jq -r '.monitors | keys_unsorted[] | " " + .' "$out" | tr -d '\n')" >&2
