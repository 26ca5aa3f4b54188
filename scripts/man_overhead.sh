#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fills what stands between the OVERHEAD markers of the manual pages from monitor/costs.json. The marker's word is a regular
# expression: which monitors. Usage: man_overhead.sh [--check] [PAGE..]; --check changes nothing and shows what would.
# Env: COSTS (monitor/costs.json).
set -eu
cd "$(dirname "$0")/.."
costs=${COSTS:-monitor/costs.json}
check=0 bad=0
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
# memprof's costs are those of another subject: its page has no markers.
# shellcheck disable=SC2046 # names without spaces
[ $# -gt 0 ] || set -- $(grep -l '^\.\\" OVERHEAD BEGIN' docs/man/*.[1-8])
new=$(mktemp)
trap 'rm -f "$new"' EXIT

# shellcheck disable=SC2016 # jq's variables
table='
def cell: if . == null then "\\-" else (. * 10 | round / 10 | tostring | if contains(".") then . else . + ".0" end) end;
def range: [.calls // {}, .counters // {} | .[]] | if length == 0 then "\\-" else
	(map(.low) | min | cell) + " to " + (map(.high) | max | cell) end;
[.monitors | to_entries[] | select(.key | test($which))] as $rows
| if ($rows | length) == 0 then "These have not been measured yet:\n.Ql make costs\ndoes it." else
  ".Bl -column memmon-honey-O \"counters alone\" \"with events\" \"100.0 to 200.0\"",
  ".It Sy monitor Ta Sy counters alone Ta Sy with events Ta Sy intervals",
  ($rows[] | ".It Li \(.key) Ta \(if .value.with_events == .value.ns_per_event then null else .value.ns_per_event end
	| cell) Ta \(.value.with_events | cell) Ta \(.value | range)"),
  ".El",
  ".Pp",
  "Measured on \(.date), Linux \(.kernel),",
  "\(.host), with",
  ".Ql \(.command) ;",
  "the intervals hold every kind of call with a confidence of 95 %." end'

for page; do
	awk '/^\.\\" OVERHEAD BEGIN / { print; exit } { print }' "$page" >"$new"
	which=$(sed -n 's/^\.\\" OVERHEAD BEGIN //p' "$page")
	if [ -z "$which" ] || ! grep -q '^\.\\" OVERHEAD END$' "$page"; then
		echo "man: $page: no markers '.\\\" OVERHEAD BEGIN REGEX' and '.\\\" OVERHEAD END'" >&2
		exit 2
	fi
	if [ -e "$costs" ]; then
		jq -r --arg which "$which" "$table" "$costs" >>"$new"
	else
		jq -nr --arg which "$which" "{monitors: {}} | $table" >>"$new"
	fi
	awk '/^\.\\" OVERHEAD END$/ { on = 1 } on { print }' "$page" >>"$new"
	cmp -s "$new" "$page" && continue
	if [ $check -eq 1 ]; then
		echo "man: $page does not say what $costs says; run: make man" >&2
		diff -u "$page" "$new" >&2 || true
		bad=1
	else
		cat "$new" >"$page"
		echo "man: $page"
	fi
done
exit $bad
