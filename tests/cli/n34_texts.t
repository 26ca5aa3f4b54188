#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 34: command line, executable and control group as columns, in filters, alerts and JSON; swap, shared and huge pages,
# page faults; the machine's CPU, swap, cache and pressure.
. tests/lib.sh
need_bpf
need_tool perl perl-base

memmon=$B/memmon
perl -e 'sleep 60' "an argument" n34-mark-$$ &
p=$!
at_exit "kill $p 2>/dev/null"
sleep 0.3
run "$memmon" -n 1 --json --columns pid,command,exe,cgroup --filter "command ~ n34-mark-$$ and name = perl"
row=$(printf '%s\n' "$out" | jq -c '.processes[0]')
is "a filter of the command line finds it" "$(echo "$row" | jq .pid)" $p
is "its command line" "$(echo "$row" | jq -r .command)" "perl -e sleep 60 an argument n34-mark-$$"
is "its executable" "$(echo "$row" | jq -r .exe)" "$(readlink "/proc/$p/exe")"
cgroup=$(sed -n 's/^0:://p' "/proc/$p/cgroup")
[ "$cgroup" != / ] || cgroup=$(sed -n 's/^[0-9]*:memory://p' "/proc/$p/cgroup")
is "its control group" "$(echo "$row" | jq -r .cgroup)" "${cgroup:-/}"
is "memory by kind" "$(echo "$row" | jq '.swap_kb >= 0 and .shared_kb > 0 and .shared_kb <= .rss_kb and .hugetlb_kb == 0')" true
is "page faults, as /proc has them" "$(echo "$row" | jq .page_faults)" "$(awk '{ print $10 + $12 }' "/proc/$p/stat")"
run "$memmon" -n 1 --top 3 --filter "exe ~ perl\$ and pid = $p" --columns pid,name,exe,command
like "columns of them" "$out" "^ +$p perl +/.*perl +perl -e sleep 60 an argument"
run "$memmon" -n 1 --alert "command ~ n34-mark-$$ and name = perl"
is "an alert of it" "$code" 1
BEEBENCH_EXE=outer "$memmon" -n 1 --alert "command ~ n34-mark-$$ and name = perl=>echo \"\$BEEBENCH_COMMAND \${BEEBENCH_EXE-none}\" >$tmp/told.new; mv $tmp/told.new $tmp/told" >"$tmp/run.out"
until [ -s "$tmp/told" ]; do sleep 0.05; done
is "its command is told the command line, and nothing of what is not known" "$(cat "$tmp/told")" "perl -e sleep 60 an argument n34-mark-$$ none"
run "$memmon" -n 1 --json --sort command --top 2
is "order by it" "$code" 0
run "$memmon" -n 1 --json --filter "command = ?" -K --top 5
is "what has none is not known" "$(printf '%s\n' "$out" | jq '.processes | map(.command == null) | all')" true
run "$memmon" -n 2 -i 0.3 --json --top 0
machine=$(printf '%s\n' "$out" | tail -n 1 | jq -c .machine)
is "the machine's swap" "$(echo "$machine" | jq .swap_total_kb)" "$(awk '/^SwapTotal/ { print $2 }' /proc/meminfo)"
is "its cache and CPUs" "$(echo "$machine" | jq '.cached_kb > 0 and .cpu_busy_pct >= 0 and .cpu_busy_pct <= 100')" true
if [ -r /proc/pressure/cpu ]; then
	is "its pressure" "$(echo "$machine" | jq '[.wait_cpu_pct, .wait_memory_pct, .wait_io_pct] | map(. >= 0 and . <= 100) | all')" true
else
	is "no pressure is null" "$(echo "$machine" | jq -c '[.wait_cpu_pct]')" "[null]"
fi
# Another program in the same process has another command line, also where it is smaller than what was there before.
mkfifo "$tmp/go"
perl -e 'vec(my $x = "", 20_000_000, 8) = 1; exec "sh", "-c", "read x <$ARGV[0]; exec sleep 300"' "$tmp/go" &
q=$!
at_exit "kill $q 2>/dev/null"
"$memmon" --batch -i 0.1 --json --filter "pid = $q and command != ''" >"$tmp/frames" &
watcher=$!
at_exit "kill $watcher 2>/dev/null"
# seen JSON: the latest frames have it
# shellcheck disable=SC2317
seen() {
	tries=0
	until tail -n 3 "$tmp/frames" | grep -qF "$1"; do
		tries=$((tries + 1))
		[ "$tries" -lt 400 ] || return 1
		sleep 0.05
	done
}
check "before an exec its command line is read" seen '"command":"sh -c read'
echo >"$tmp/go"
check "after an exec it is read again" seen '"command":"sleep 300'
kill $watcher
wait $watcher 2>/dev/null

# --- what changes without an exec: the title, the control group; arguments that are long
cat >"$tmp/moves.pl" <<'EOP'
# Perl writes its command line anew without another name of the process.
$| = 1;
my ($go) = @ARGV;
my $name = "$0";
open(my $c, "<", "/proc/self/comm"); chomp(my $comm = <$c>);
open(my $f, "<", $go); <$f>;
$0 = "n34-other-title";
open($c, ">", "/proc/self/comm"); print $c $comm; close($c);
sleep 300;
EOP
mkfifo "$tmp/turn"
perl "$tmp/moves.pl" "$tmp/turn" &
m=$!
at_exit "kill $m 2>/dev/null"
"$memmon" --batch -i 0.1 --json --filter "pid = $m and command != ''" >"$tmp/frames" &
watcher=$!
at_exit "kill $watcher 2>/dev/null"
check "its title is read" seen "\"command\":\"perl $tmp/moves.pl"
echo >"$tmp/turn"
check "another title is read, too" seen '"command":"n34-other-title'
kill $watcher
wait $watcher 2>/dev/null

long=$(printf '%09000d' 0)
perl -e 'sleep 300' "$long" n34-end-$$ &
l=$!
at_exit "kill $l 2>/dev/null"
until [ "$(tr '\0' '\n' <"/proc/$l/cmdline" | head -n 1)" = perl ]; do sleep 0.05; done
run "$memmon" -n 1 --json --filter "name = perl and command ~ n34-end-$$\$"
is "the end of a long command line is found" "$(printf '%s\n' "$out" | jq -c '.processes | map([.pid, (.command | length)])')" \
	"[[$l,$((18 + 9000 + 1 + $(printf 'n34-end-%s' $$ | wc -c)))]]"

cgroups=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
if [ -n "$cgroups" ] && [ "$(sed -n 's/^0:://p' /proc/self/cgroup)" = / ] && mkdir "$cgroups/n34-$$" 2>/dev/null; then
	at_exit "kill $l 2>/dev/null; until rmdir '$cgroups/n34-$$' 2>/dev/null || [ ! -d '$cgroups/n34-$$' ]; do sleep 0.05; done"
	"$memmon" --batch -i 0.1 --json --filter "pid = $l and cgroup != ''" >"$tmp/frames" &
	watcher=$!
	at_exit "kill $watcher 2>/dev/null"
	until [ -s "$tmp/frames" ]; do sleep 0.05; done
	echo "$l" >"$cgroups/n34-$$/cgroup.procs"
	check "one that sleeps and is moved is in the other control group" seen "\"cgroup\":\"/n34-$$\""
	kill $watcher
	wait $watcher 2>/dev/null
else
	skip "one that is moved to another control group" "no unified hierarchy whose root we are in"
fi

# --- page faults of several threads
cat >"$tmp/threads.c" <<'EOP'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *touch(void *arg)
{
	volatile char *p = malloc(8 << 20);

	for (int i = 0; i < 8 << 20; i += 4096)
		p[i] = 1;
	*(volatile int *)arg = 1;
	pause();
	return NULL;
}
int main(void)
{
	volatile int done = 0;
	pthread_t t;

	pthread_create(&t, NULL, touch, (void *)&done);
	while (!done)
		usleep(1000);
	write(1, "x\n", 2);
	pause();
}
EOP
if cc -w -o "$tmp/threads" "$tmp/threads.c" -lpthread; then
	mkfifo "$tmp/ready"
	"$tmp/threads" >"$tmp/ready" &
	t=$!
	at_exit "kill $t 2>/dev/null"
	read -r _ <"$tmp/ready"
	faults=$(awk '{ print $10 + $12 }' "/proc/$t/stat")
	run "$memmon" -n 1 --json --filter "pid = $t and faults > 2000" --sort faults
	got=$(printf '%s\n' "$out" | jq '.processes[0].page_faults')
	check "page faults of all threads" test "$got" -ge "$faults" -a "$got" -le "$(awk '{ print $10 + $12 }' "/proc/$t/stat")"
	run "$memmon" -n 1 --json --filter "pid = $t"
	is "which nobody asked for: not known" "$(printf '%s\n' "$out" | jq '.processes[0].page_faults')" null
	run "$memmon" -n 1 --columns name,faults --filter "pid = $t"
	like "a column of them" "$out" '^threads +[0-9]{4}$'
	run "$memmon" -n 1 --json --group name --columns name,faults --filter "name = threads and pid = $t"
	is "in a sum" "$(printf '%s\n' "$out" | jq '.groups[0].page_faults > 2000')" true
	before=$(awk '$1 == "pgfault" { print $2 }' /proc/vmstat)
	run "$memmon" -n 1 --openmetrics
	total=$(printf '%s\n' "$out" | sed -n 's/^memmon_machine_page_faults_total //p')
	check "the machine's total is the kernel's" test "$total" -ge "$before" -a "$total" -le "$(awk '$1 == "pgfault" { print $2 }' /proc/vmstat)"
else
	skip "page faults of threads" "cc cannot make the program"
fi
done_testing
