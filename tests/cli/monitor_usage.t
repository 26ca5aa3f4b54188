#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The command lines of memmon and cpumon: help, version, and each wrong option with its exact text. Nothing is loaded.
. tests/lib.sh

for tool in memmon cpumon; do
	p=$B/$tool
	run "$p" --help
	is "$tool: help ends well" "$code" 0
	first=$(printf '%s\n' "$out" | head -n 1)
	like "$tool: the first line of help says which monitor it runs" "$first" "^$tool: .* It runs (the monitor memmon_fast|no monitor of its own)"
	has "$tool: help names the interface" "$out" "--serve ADDR:PORT"
	like "$tool: help lists columns" "$out" '^  rss +'
	is "$tool: help is no error" "$err" ""
	run "$p" --version
	like "$tool: version" "$out" "^$tool [0-9]+\.[0-9]+\.[0-9]+\$"

	# wrong OPTIONS.. -- TEXT: exit code 2, that line on stderr, nothing on stdout
	wrong() {
		name=$1
		text=$2
		shift 2
		run "$p" "$@"
		is "$tool: $name: exit code" "$code" 2
		has "$tool: $name: says so" "$err" "$text"
		is "$tool: $name: stdout is empty" "$out" ""
	}
	wrong "unknown option" "--btach" --btach
	wrong "a word too many" "unexpected word 'now'; see '$tool --help'" now
	wrong "two formats" "--json, --csv and --openmetrics: choose one" --json --csv
	wrong "interval 0" "--interval: 0 is out of range; give it 0.1 to 86400 seconds" --interval 0
	wrong "ring size" "--ring-size: 5000 is no power of two from 4096 to 1073741824" --ring-size 5000
	wrong "replay and record of one file" "--record: a is being replayed; record to another file" --replay a --record a
	wrong "from without replay" "--from is of a recording: give --replay too" --from +1
	wrong "no time" "--to: 'soon' is no time" --replay a --to soon
	wrong "replay and object" "--replay shows a recording: leave --object out" --replay a --object b
	wrong "unknown sort column" "did you mean 'rss'" --sort rsss
	wrong "bad query" "no column 'rsss'" --filter 'pid>1 and rsss>1'
	like "$tool: bad query: the place is underlined" "$err" '^ *\^\^\^\^$'
	wrong "no such recording" "no-such-file" --replay "$tmp/no-such-file"
done
done_testing
