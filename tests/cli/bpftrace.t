#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, 22: scripts of bpftrace, with the one that is installed: priced without counters, run by a wrapper, with a
# map that is full, of another kind, or that end themselves. Nothing of that makes a monitor wrong.
# timeout: 300
. tests/lib.sh
need_bpf
need_tool jq jq
need_tool bpftrace bpftrace

verdict() {
	m=$1
	shift
	run "$bee" verify -q -m "$m" "$@" --json
	seen=$(printf '%s' "$out" | jq -r '[.trials[] | select((.reason // "") | startswith("nothing to compare") | not) | .status + " " + (.conformance.verdict // "-")] | unique | join(", ")')
}
# shellcheck disable=SC2016 # bpftrace's own $1
only='/$1 == 0 || cgroup == $1/'

cat >"$tmp/tool.bt" <<END
tracepoint:syscalls:sys_enter_mmap $only { @by[comm] = hist(args->len); }
END
printf '{"schema": 1, "counters": null, "events": null}\n' >"$tmp/tool.bt.manifest.json"
verdict "$tmp/tool.bt" -w mmap
is "counters: null: it runs, and nothing is wrong" "${seen%% *}" ok
run "$bee" overhead -q -m "$tmp/tool.bt" -e mmap -t 1 -o slowdown=no --json
is "and can be priced" "$(printf '%s' "$out" | jq '[.records[] | select(.type == "overhead" and .monitor == "tool.bt")] | length > 0')" true

# The command of the docs is anybody's: here a script that runs bpftrace, by exec and as a child.
awk -v file=calls.json '/^```[a-z]+ / { on = $2 == file; next } /^```/ { on = 0 } on' docs/adding-a-monitor.md >"$tmp/calls.json"
mkdir "$tmp/bin"
for how in exec "" "stdbuf -oL"; do
	cat >"$tmp/bin/my-counter" <<END
#!/bin/sh
id=\$(stat -c %i "\$2" 2>/dev/null) || id=0
$how bpftrace -f json -o "\$4" -e '
tracepoint:syscalls:sys_enter_mmap /cgroup == '"\$id"' && args->len >= 1024/ { @mmap_count[tid] = count(); }'
END
	chmod +x "$tmp/bin/my-counter"
	PATH=$tmp/bin:$PATH verdict "$tmp/calls.json" -w mmap,filter,threads
	is "a wrapper script around bpftrace (${how:-as a child})" "$code $seen" "0 ok exact"
done

cat >"$tmp/full.bt" <<END
tracepoint:syscalls:sys_enter_mmap $only { @other[nsecs & 0xffffffff] = count(); }
END
printf '{"schema": 1, "counters": {"mmap_seen": "@other"}}\n' >"$tmp/full.bt.manifest.json"
verdict "$tmp/full.bt" -w mmap:count=20000
is "a map that is full: void" "$code $seen" "3 void none"
has "and the reason" "$out" "a map of it was full"

for kind in "hist(args->len)" "stats(args->len)"; do
	cat >"$tmp/kind.bt" <<END
tracepoint:syscalls:sys_enter_mmap $only { @mmap_seen[tid] = $kind; }
END
	verdict "$tmp/kind.bt" -w mmap
	is "$kind: no verdict" "$code" 2
	has "$kind: named" "$err" "map @mmap_seen: it is of kind ${kind%%(*}; counters are made by count() and sum()"
done

cat >"$tmp/exits.bt" <<END
tracepoint:syscalls:sys_enter_mmap $only { @mmap_seen[tid] = count(); @n = count(); if (args->len > 1) { exit(); } }
END
verdict "$tmp/exits.bt,memmon" -w mmap
is "a script that ends itself: void, and the monitor behind it is judged" "$seen" "ok exact, void none"
is "a script that ends itself: nobody is wrong" "$(printf '%s' "$out" | jq '[.trials[] | select(.status == "fail")] | length')" 0
has "a script that ends itself: why" "$out" "the script ended itself (exit()) while it should count"
run "$bee" overhead --quiet -m "$tmp/exits.bt" -e mmap -t 2
is "it cannot be priced: exit code" "$code" 2
has "it cannot be priced: says so" "$err" \
	"beebench: error: overhead: a script that ends itself while it is measured cannot be measured; leave its exit() out"
run "$bee" overhead --quiet --json -m "memmon,$tmp/exits.bt,nop" -e mmap -t 3 -o slowdown=no,sharp=no
is "others beside it: exit code" "$code" 2
is "others beside it are priced, and it is told" "$(printf '%s' "$out" | jq -c '[.records[] | select(.type == "overhead") | [.monitor, .status, .reason // "", .blocks > 0]] | sort | unique')" \
	'[["exits.bt","skip","the script ended itself (exit()) while it was measured; leave its exit() out",false],["memmon","ok","",true],["none","ok","",true],["nop","ok","",true]]'
cat >"$tmp/later.bt" <<END
tracepoint:syscalls:sys_enter_mmap $only { @mmap_seen[tid] = count(); }
interval:s:1000 { exit(); }
END
verdict "$tmp/later.bt" -w mmap
is "a script that would end itself later: judged" "$code $seen" "0 ok exact"

done_testing
