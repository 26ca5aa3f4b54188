#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The manual pages say what the programs have: each option, each column, the measured costs, and are clean.
# beside others
. tests/lib.sh
need_tool jq jq

# options_of TEXT: the long and short options of a --help, one a line, sorted.
options_of() {
	printf '%s\n' "$1" | sed -n 's/^ *\(-[A-Za-z]\), \(--[a-z-]*\).*/\1\n\2/p; s/^ *\(--[a-z-]*\).*/\1/p; s/^ *\(-f[a-z-]*\)  .*/\1/p' |
		sort -u
}

# documented PAGE: the options of its lists.
documented() {
	grep '^\.It Fl ' "$1" | tr ',' '\n' | sed -n 's/.*Fl -\([a-z-]*\).*/--\1/p; s/.*Fl \(f[a-z-]*\).*/-\1/p; s/.*Fl \([A-Za-z]\) *$/-\1/p' |
		sort -u
}

# holds PAGE TEXT: both ways
holds() {
	options_of "$2" >"$tmp/has"
	documented "$1" >"$tmp/says"
	check "$1: the program has options ($(grep -c . "$tmp/has"))" test -s "$tmp/has"
	is "$1: options that it leaves out" "$(comm -23 "$tmp/has" "$tmp/says")" ""
	is "$1: options that are none" "$(comm -13 "$tmp/has" "$tmp/says")" ""
}

help=$(for command in $("$bee" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do "$bee" "$command" --help; done)
holds docs/man/beebench.1 "$help"
for command in $("$bee" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p'); do
	check "docs/man/beebench.1: $command" grep -qE "^\.It Cm $command\$" docs/man/beebench.1
done
# Those written out; the rest are system calls by name.
events=$("$bee" list --json events | jq -r '[.events[].name] | .[:index("kfree") + 1] | join(" , ")')
check "docs/man/beebench.1: the events are those of the list" grep -qxF ".Cm $events ," docs/man/beebench.1
has "--help names the same" "$("$bee" overhead --help | tr -s ' \n' '  ')" "events to price: $(printf '%s' "$events" | sed 's/ ,/,/g')"
holds docs/man/honeyc.1 "$("$B/honeyc" --help)"
commands=$("$B/memprof" --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
holds docs/man/memprof.1 "$(for command in $commands; do "$B/memprof" "$command" --help; done)"
for command in $commands; do
	check "docs/man/memprof.1: $command" grep -qE "^\.It Cm $command\$" docs/man/memprof.1
done

for tool in memmon cpumon; do
	page=docs/man/$tool.8
	if ! [ -x "$B/$tool" ]; then
		skip "$page" "no $B/$tool"
		continue
	fi
	help=$("$B/$tool" --help)
	holds $page "$help"
	printf '%s\n' "$help" | sed '1,/^columns/d; /^$/,$d' | awk '{ print $1 }' | sort >"$tmp/has"
	sed '1,/^\.Sh COLUMNS/d; /^\.Sh KEYS/,$d' $page | sed -n 's/^\.It Cm \([a-z_]*\) .*/\1/p' | sort >"$tmp/says"
	check "$page: columns" test -s "$tmp/has"
	is "$page: columns are those of --help" "$(cat "$tmp/says")" "$(cat "$tmp/has")"
done

run scripts/man_overhead.sh --check
is "OVERHEAD is what monitor/costs.json says" "$code" 0
[ "$code" -eq 0 ] || printf '%s\n' "$err"
# And the check can fail: other figures, another text.
cat >"$tmp/costs.json" <<'EOF'
{"schema": 1, "host": "a machine", "kernel": "6.0", "date": "2026-01-02", "command": "beebench overhead",
 "monitors": {"memmon": {"ns_per_event": 123.4, "with_events": 123.4, "calls": {"mmap": {"ns": 123.4, "low": 100, "high": 150.26}}},
  "cpumon": {"ns_per_event": 77.7}, "memmon_fast": {"ns_per_event": 11.1, "with_events": 88.8}}}
EOF
cp docs/man/memmon.8 "$tmp/memmon.8"
run env COSTS="$tmp/costs.json" scripts/man_overhead.sh --check docs/man/memmon.8
is "other costs are seen" "$code" 1
has "and shown" "$err" "+.It Li memmon_fast Ta 11.1 Ta 88.8 Ta \-"
run env COSTS="$tmp/costs.json" scripts/man_overhead.sh "$tmp/memmon.8"
is "they are written" "$code" 0
text=$(cat "$tmp/memmon.8")
has "with their interval" "$text" ".It Li memmon Ta \- Ta 123.4 Ta 100.0 to 150.3"
hasnt "of this program's monitors only" "$text" 77.7
run env COSTS="$tmp/none.json" scripts/man_overhead.sh "$tmp/memmon.8"
hasnt "no figure without costs" "$(cat "$tmp/memmon.8")" 123.4

if have mandoc; then
	# It knows nothing of pages that are not installed yet.
	said=$(mandoc -T lint docs/man/*.[1-8] 2>&1 | grep -v 'referenced manual not found\|outdated mandoc.db\|lacks .* entry')
	is "mandoc -T lint" "$said" ""
else
	skip "mandoc -T lint" "no mandoc; sudo apt-get install mandoc"
fi
if have man; then
	for page in docs/man/*.[1-8]; do
		is "man --warnings $page" "$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)" ""
	done
else
	skip "man --warnings" "no man; sudo apt-get install man-db"
fi
done_testing
