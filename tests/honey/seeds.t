#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every elixir block of the two requirement documents, unmodified: compiles, loads, attaches where it has a
# section. What a fragment takes for granted (a map, a section, a caller) comes from files before or after it.
# shellcheck source=tests/lib.sh
. tests/lib.sh
honeyc=$B/honeyc
loader=$B/tests/honey/load_check
mem=$(ls "$BEEBENCH_SHARED"/seeds/000_*.txt 2>/dev/null)
cpu=$(ls "$BEEBENCH_SHARED"/seeds/001_*.txt 2>/dev/null)
if [ ! -f "$mem" ] || [ ! -f "$cpu" ]; then
	skip_all "no requirement documents 000 and 001 in $BEEBENCH_SHARED/seeds"
fi
near=tests/honey/seeds

# block DOCUMENT N FILE: the Nth elixir block
block() {
	awk -v want="$2" '/^```elixir$/ { inside = ++n == want; next } /^```$/ { inside = 0 } inside' "$1" >"$3"
}

is "document 000 has 7 elixir blocks" "$(grep -c '^```elixir$' "$mem")" 7
is "document 001 has 13 elixir blocks" "$(grep -c '^```elixir$' "$cpu")" 13

can_load=
if is_root && [ -r /sys/kernel/btf/vmlinux ]; then can_load=1; fi

# takes NAME DOCUMENT N PROGRAMS BEFORE.. -- AFTER..
takes() {
	name=$1 doc=$2 number=$3 programs=$4
	shift 4
	block "$doc" "$number" "$tmp/block.ex"
	set -- "$@" --
	before='' after='' side=before
	for f; do
		case $f in
		--) side=after ;;
		*) eval "$side=\"\$$side $near/\$f\"" ;;
		esac
	done
	# shellcheck disable=SC2086
	run "$honeyc" -o "$tmp/block.bpf.o" $before "$tmp/block.ex" $after
	is "$name: compiles unmodified" "$code" 0 || printf '%s\n' "$err" | sed 's/^/# /'
	if [ -z "$can_load" ]; then
		skip "$name: loads" "needs root and the kernel's BTF"
		return
	fi
	run "$loader" attach "$tmp/block.bpf.o"
	is "$name: loads and attaches $programs" "$(printf '%s\n' "$out" | awk '$1 == "program" { printf "%s%s", s, $2; s = " " }')" \
		"$programs" || printf '%s\n' "$err" | tail -n 30 | sed 's/^/# /'
}

takes "000 issue 1, a module with a ring buffer" "$mem" 1 ""
takes "000 issue 2, a struct with a string" "$mem" 2 ""
takes "000 issue 1, the example" "$mem" 4 ""
takes "000 issue 2, the example" "$mem" 5 ""
takes "000, the whole memory monitor" "$mem" 7 "on_mmap_enter on_munmap_enter on_brk_enter"
takes "001 issue 1, several handlers" "$cpu" 1 "on_sched_switch on_sys_enter on_sys_exit"
takes "001 issue 2, hash maps" "$cpu" 2 ""
takes "001 issue 3, the process id by a shift" "$cpu" 3 on_sys_enter sec-enter.ex
takes "001 issue 4, helpers" "$cpu" 4 on_sys_enter cpu-maps.ex sec-enter.ex
takes "001 issue 5, the context's fields" "$cpu" 5 on_sched_switch cpu-maps.ex sec-switch.ex
takes "001 issue 6, results checked" "$cpu" 6 on_sched_switch cpu-maps.ex sec-switch.ex
takes "001 issue 1, the example" "$cpu" 7 "on_sched_switch on_sys_enter"
takes "001 issue 2, the example" "$cpu" 8 ""
takes "001 issue 3, the example, called" "$cpu" 9 on_enter -- call-extract.ex
takes "001 issue 4, the example, called" "$cpu" 10 on_enter -- call-current.ex
takes "001 issue 5, the example" "$cpu" 11 on_sched_switch sec-switch.ex
takes "001 issue 6, the example, called with two maps" "$cpu" 12 on_enter cpu-maps.ex -- call-update.ex
takes "001, the whole CPU monitor" "$cpu" 13 "on_sched_switch on_sys_enter on_sys_exit"

# The two clean-up fragments name an old_key that nothing defines.
for n in 3 6; do
	block "$mem" $n "$tmp/block.ex"
	line=$(awk '/old_key/ { print NR }' "$tmp/block.ex")
	run "$honeyc" -w -o "$tmp/block.bpf.o" $near/stats-map.ex "$tmp/block.ex"
	is "000 issue 3, block $n: refused" "$code" 1
	is "000 issue 3, block $n: says exactly what is wrong" "$err" "$tmp/block.ex:$line:56: error[H010]: old_key is not defined
$(printf '%5d' "$line") |   Honey.BpfHelpers.bpf_map_delete_elem(:mem_stats_map, old_key)
      |                                                        ^~~~~~~
      = help: the key of this iteration is current_key
$tmp/block.ex: 1 error; more: honeyc --explain H010"
	sed 's/old_key/current_key/' "$tmp/block.ex" >"$tmp/fixed.ex"
	run "$honeyc" -w -o "$tmp/fixed.bpf.o" $near/stats-map.ex "$tmp/fixed.ex"
	is "000 issue 3, block $n: compiles with the one name corrected" "$code" 0
	if [ -n "$can_load" ]; then
		run "$loader" cleanup "$tmp/fixed.bpf.o" mem_stats_map 100
		is "000 issue 3, block $n: really cleans up" "$out" "result 0
left 0"
	else
		skip "000 issue 3, block $n: really cleans up" "needs root and the kernel's BTF"
	fi
done

done_testing
