#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 34: PSS and USS of the rows that are shown, where they are asked for; processes summed by name, user and control
# group, and below their parents, without counting what they share once for each.
. tests/lib.sh
need_bpf
need_tool perl perl-base
need_tool jq jq

memmon=$B/memmon
name=n34-$$
cp "$(command -v perl)" "$tmp/$name"
# A parent and three children that have its 24 MB in common.
cat >"$tmp/family.pl" <<'EOP'
vec(my $x = "", 24_000_000, 8) = 1;
my @kids;
for (1 .. 3) {
	my $kid = fork();
	if (!$kid) { sleep 600; exit }
	push @kids, $kid;
}
open(my $f, ">", "$ARGV[0].new"); print $f "@kids\n"; close($f); rename("$ARGV[0].new", $ARGV[0]);
sleep 600;
EOP
"$tmp/$name" "$tmp/family.pl" "$tmp/kids" &
parent=$!
at_exit "kill $parent \$(cat '$tmp/kids') 2>/dev/null"
until [ -s "$tmp/kids" ]; do sleep 0.05; done
kids=$(cat "$tmp/kids")
until ! grep -qv '^S' <<EOF
$(for p in $parent $kids; do sed 's/.*) //' "/proc/$p/stat"; done)
EOF
do sleep 0.05; done

# --- rows

# figures JQ: of the latest object in $out
figures() {
	printf '%s\n' "$out" | tail -n 1 | jq -c "$1"
}
proc_pss=$(for p in $parent $kids; do cat "/proc/$p/smaps_rollup"; done | awk '/^Pss:/ { n += $2 } END { print n }')
run "$memmon" -n 1 --json --filter "name = $name"
is "nobody asked: no PSS" "$(figures '.processes | map(has("pss_kb")) | unique')" "[false]"
run "$memmon" -n 1 --json --filter "name = $name" --columns pid,pss,uss
is "four rows have PSS and USS" "$(figures '.processes | map(.pss_kb > 5000 and .uss_kb > 0 and .uss_kb < .pss_kb and .pss_kb < .rss_kb) | unique | [., 4 == '"$(figures '.processes | length')]")" "[[true],true]"
is "PSS is that of /proc" "$(figures ".processes | (map(.pss_kb) | add) - $proc_pss | fabs < 500")" true
is "by PSS nobody has 24 MB, by RSS each" "$(figures '.processes | map(.pss_kb < 20000 and .rss_kb > 24000) | unique')" "[true]"
run "$memmon" -n 1 --columns pid,name,pss,uss --filter "pid = $parent"
like "as text" "$out" "^ +$parent $name +[0-9]+ +[0-9]+$"
run "$memmon" -n 1 --json --filter "name = $name and pss > 5000 and uss < 24000" --sort -pss
is "in filters and orders" "$(figures '.processes | [length, (map(.pss_kb) | . == (sort | reverse))]')" "[4,true]"
run "$memmon" -n 1 --alert "pid = $parent and pss > 5000"
is "in alerts" "$code" 1
run "$memmon" -n 1 --json --columns pid,pss --kernel-threads --filter "name = kthreadd or pid = $parent" --sort +pid
is "a kernel thread has none" "$(figures '.processes | map(select(.kernel) | .pss_kb) | unique - [null]')" "[]"

# --- groups

run "$memmon" -n 1 --json --group name --filter "name = $name"
is "by name: one group" "$(figures '[.group_by, (.groups | length), .groups[0].name, .groups[0].processes, .groups[0].exact, has("processes")]')" "[\"name\",1,\"$name\",4,true,false]"
is "RSS has the 24 MB four times, PSS once" \
	"$(figures '.groups[0] | [.rss_kb > 96000, .pss_kb > 24000 and .pss_kb < 40000]')" "[true,true]"
is "and it is the sum of /proc's" "$(figures ".groups[0].pss_kb - $proc_pss | fabs < 500")" true
is "who matches, and how many groups" "$(figures '.machine | [.matched, .processes > 4]')" "[4,true]"
run "$memmon" -n 1 --group name --filter "name = $name"
like "as text: how many groups" "$out" '^machine: .* processes, 4 match, 1 groups, 1 shown$'
like "as text: titles" "$out" '^ +PROCS NAME +RSS +PSS +VIRT +PEAK'
like "as text: the line" "$out" "^ +4 $name +[0-9]+ +[0-9]+ +[0-9]+"
run "$memmon" -n 1 --csv --group name --filter "name = $name"
like "as CSV: titles" "$out" '^time,seq,name,exact,ended,rss_kb,.*,pss_kb,uss_kb,.*,processes,'
like "as CSV: the line" "$out" "Z,1,$name,1,0,[0-9]"
run "$memmon" -n 1 --json --group user --filter "name = $name"
is "by user" "$(figures '[.group_by, (.groups | map([.name, .processes]))]')" "[\"user\",[[\"$(ps -o euser= -p "$parent" | tr -d ' ')\",4]]]"
run "$memmon" -n 1 --json --columns pid,cgroup --filter "pid = $parent"
cgroup=$(figures '.processes[0].cgroup')
run "$memmon" -n 1 --json --group cgroup --filter "name = $name"
is "by cgroup" "$(figures '[.group_by, (.groups | map([.name, .processes]))]')" "[\"cgroup\",[[$cgroup,4]]]"
run "$memmon" -n 1 --json --group name --filter "sum(rss) > 90MiB and sum(processes) = 4 and name = $name"
is "sum() in a filter is of the group" "$(figures '.groups | length')" 1
run "$memmon" -n 1 --json --filter "sum(rss) > 90MiB and name = $name"
is "without a group it is of the process" "$(figures '.processes | length')" 0
# shellcheck disable=SC2016  # the command's variables
run "$memmon" -n 1 --top 1 --group name --alert "name = $name and processes = 4=>"'echo "$BEEBENCH_NAME $BEEBENCH_PROCESSES ${BEEBENCH_PID-none}" >&2'
is "an alert of a group: exit code" "$code" 1
is "an alert of a group: what its command is told" "$err" "$name 4 none"
run "$B/cpumon" -n 1 --json --group name --filter "name = $name"
is "cpumon has groups, too" "$(figures '.groups[0] | [.name, .processes, .user_ms >= 0, has("pss_kb")]')" "[\"$name\",4,true,false]"

# Between a vfork and its exec a child runs in its parent's memory: that is one memory.
cat >"$tmp/vfork.c" <<'EOP'
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
	volatile char *p = malloc(30 << 20);

	for (int i = 0; i < 30 << 20; i += 4096)
		p[i] = 1;
	if (!vfork()) {
		write(1, "x\n", 2);
		sleep(600);
		_exit(0);
	}
	return 0;
}
EOP
if have cc && cc -w -o "$tmp/vf-$$" "$tmp/vfork.c"; then
	mkfifo "$tmp/vforked"
	"$tmp/vf-$$" >"$tmp/vforked" &
	vforked=$!
	at_exit "kill \$(pgrep -P $vforked) $vforked 2>/dev/null"
	read -r _ <"$tmp/vforked"
	run "$memmon" -n 1 --json --group name --filter "name = vf-$$"
	is "parent and child of a vfork: PSS once" "$(figures '.groups[0] | [.processes, .pss_kb > 30000, .pss_kb < 40000]')" "[2,true,true]"
	run "$memmon" -n 1 --json --columns pid,pss --filter "name = vf-$$"
	is "it is the parent's" "$(figures ".processes | map([.pid == $vforked, .pss_kb != null]) | unique")" "[[false,false],[true,true]]"
else
	skip "parent and child of a vfork" "no cc"
fi

# --- a tree

run "$memmon" -n 1 --json --tree --filter "name = $name"
is "below the parent: all four" "$(figures "[.processes[] | select(.pid == $parent) | .depth >= 0, .subtree.processes, .subtree.rss_kb > 96000, .subtree.pss_kb < 40000]")" "[true,4,true,true]"
run "$memmon" -n 1 --csv --tree --filter "name = $name"
like "as CSV: titles" "$out" '^time,seq,pid,.*,verdict,depth,context,subtree_rss_kb,'

# --- recordings

run "$memmon" -n 2 -i 0.2 --top 1 --record "$tmp/rec"
run "$memmon" -n 1 --json --group name --filter "name = $name" --replay "$tmp/rec"
is "of a recording" "$(figures '.groups[0] | [.name, .processes, .rss_kb > 96000]')" "[\"$name\",4,true]"
run "$memmon" -n 1 --group name --filter "name = $name" --replay "$tmp/rec"
like "which has no PSS: no column of it" "$out" '^ +PROCS NAME +RSS +VIRT'

# --- what is refused

run "$memmon" -n 1 --group names
is "another word" "$code$out$err" "2memmon: error: --group: 'names'; give name, user or cgroup"
run "$memmon" -n 1 --group name --tree
is "a tree of groups" "$code$out$err" "2memmon: error: --group and --tree: choose one"
run "$memmon" --group cgroup --replay "$tmp/rec"
is "control groups of a recording" "$code$out$err" "2memmon: error: --group cgroup: a recording has no control groups; give name or user"
run "$memmon" -n 1 --filter 'sum(name) = a'
is "a sum of texts: exit code" "$code" 2
has "a sum of texts" "$err" "'name' cannot be summed up"
done_testing
