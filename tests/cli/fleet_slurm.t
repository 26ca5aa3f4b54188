#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# share/fleet/slurm.sh on a real Slurm (docs/fleet.md): a controller, three nodes and munge on loopback, started and stopped here. More
# cells than an array may have tasks; a node that dies in the middle; what no node can do. The verdict is the merge's. make test-fleet
# timeout: 600
set -u
. tests/lib.sh
[ -n "${FLEET_FULL:-}" ] || skip_all "a whole Slurm is started by make test-fleet alone"
is_root || skip_all "needs root"
need_tool jq jq
for tool in slurmctld slurmd sbatch munged; do
	need_tool $tool slurmctld
done
case $bee in /*) ;; *) bee=$PWD/$bee ;; esac
fleet=$PWD/share/fleet
host=$(hostname -s)

# Ends with the test, the youngest first. Steps of jobs (slurmstepd) go with the jobs.
pids=
# shellcheck disable=SC2317 # called at the end
stop() {
	[ -z "$(squeue --noheader 2>/dev/null)" ] || scancel --user=root
	for _ in $(seq 50); do
		[ -n "$(squeue --noheader 2>/dev/null)" ] || break
		sleep 0.2
	done
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	wait
}
# started NAME CMD..: a daemon in the foreground, whose output is kept; its process is in $pid
started() {
	name=$1
	shift
	"$@" >"$tmp/$name.said" 2>&1 &
	pid=$!
	pids="$pid $pids"
}
# until_ok WHAT CMD..: waits, a minute at most; says what did not come
until_ok() {
	what=$1
	shift
	for _ in $(seq 600); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	echo "# $what did not come"
	tail -n 5 "$tmp"/*.said "$tmp"/log/* 2>/dev/null | sed 's/^/# /'
	return 1
}

mkdir "$tmp/state" "$tmp/log" "$tmp/spool" "$tmp/p"
chmod 755 "$tmp"
# Ports of our own: another Slurm here keeps its.
base=$((20000 + $$ % 20000))
cat >"$tmp/slurm.conf" <<E2
ClusterName=beebench
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$tmp/munge.socket
CredType=cred/munge
SlurmUser=root
StateSaveLocation=$tmp/state
SlurmdSpoolDir=$tmp/spool/%n
SlurmctldPidFile=$tmp/slurmctld.pid
SlurmdPidFile=$tmp/slurmd.%n.pid
SlurmctldLogFile=$tmp/log/slurmctld
SlurmdLogFile=$tmp/log/slurmd.%n
SlurmctldPort=$base
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdParameters=config_overrides
MinJobAge=10
MaxArraySize=4
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 1)) CPUs=1 RealMemory=100
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 2)) CPUs=1 RealMemory=100
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 3)) CPUs=1 RealMemory=100
PartitionName=all Nodes=n[1-3] Default=YES MaxTime=10 State=UP
E2
SLURM_CONF=$tmp/slurm.conf
export SLURM_CONF
dd if=/dev/urandom of="$tmp/munge.key" bs=1024 count=1 2>/dev/null
chmod 400 "$tmp/munge.key"
at_exit stop
started munged munged --foreground --force --key-file="$tmp/munge.key" --socket="$tmp/munge.socket" --pid-file="$tmp/munge.pid" \
	--log-file="$tmp/log/munged" --seed-file="$tmp/munge.seed"
until_ok "munge's socket" test -S "$tmp/munge.socket" || fail "munged starts"
started slurmctld slurmctld -D
until_ok "the controller" scontrol ping || fail "slurmctld starts"
for n in n1 n2 n3; do
	started "slurmd.$n" slurmd -D -N $n
	[ $n != n2 ] || dead=$pid
done
# shellcheck disable=SC2317 # called by until_ok
# idle N: so many nodes are
idle() {
	[ "$(sinfo --noheader -N -o '%N %t' | grep -c ' idle$')" -eq "$1" ]
}
if ! until_ok "three idle nodes" idle 3; then
	fail "three nodes are idle" "$(sinfo 2>&1)"
	done_testing
fi
pass "a controller and three nodes"

# Nine cells, of which some take long enough to be met in the middle; one asks for a kernel that nobody has.
cat >"$tmp/p/beebench.json" <<'E2'
{"schema": 1, "suites": {
  "all": {"monitors": ["none"], "measures": ["verify"],
          "workloads": ["idle:ms=2001", "idle:ms=2002", "idle:ms=2003", "idle:ms=2004", "idle:ms=2005", "brk:count=3", "brk:count=4", "mmap:count=3"]},
  "kernel": {"monitors": ["nop"], "measures": ["exact"], "kernels": ["7.7"]}}}
E2
cd "$tmp/p" || exit 1
mkdir "$tmp/bin"
for tool in apt-get apt-cache; do
	printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >"$tmp/bin/$tool"
	chmod +x "$tmp/bin/$tool"
done
# Jobs get our environment: no kernel is there, and no network.
cat >"$tmp/bin/cell-beebench" <<E2
#!/bin/sh
[ -z "\${SLURM_ARRAY_TASK_ID:-}" ] || echo "\$SLURMD_NODENAME \$\$ \$PPID" >>"$tmp/started"
exec "$bee" "\$@"
E2
chmod +x "$tmp/bin/cell-beebench"
export PATH="$tmp/bin:$PATH" BEEBENCH_CACHE="$tmp/cache" BEEBENCH="$tmp/bin/cell-beebench" POLL=0.2 ROUNDS=1

"$fleet/slurm.sh" "$tmp/out" all >"$tmp/verdict" 2>"$tmp/slurm.said" &
driver=$!
# n2 dies while it does a cell: its daemon, what it started, and the job, as when the power fails.
on_n2() {
	grep -l '"name":"n2"' "$tmp"/out/.*.part
}
# Stopped first, so that it is in the middle and stays there. Each start left a line: its node, beebench (which the shell became), and
# cell.sh, whose parent is the job's slurmstepd.
while :; do
	until_ok "a cell that n2 does" on_n2 || {
		fail "n2 does a cell"
		break
	}
	part=$(on_n2 | head -n 1)
	read -r _ bee_pid cell_pid <<E2
$(grep '^n2 ' "$tmp/started" | tail -n 1)
E2
	kill -STOP "$bee_pid" 2>/dev/null && [ -e "$part" ] && break
done
cell=${part##*/.}
cell=${cell%%.2*.part}
job=$(squeue --noheader --nodelist=n2 -o %i | head -n 1)
step_pid=$(ps -o ppid= -p "$cell_pid" | tr -d ' ')
is "the job's parent is Slurm's" "$(ps -o comm= -p "$step_pid" | cut -c1-10)" slurmstepd && kill -KILL "$step_pid"
kill -KILL "$dead" "$cell_pid" "$bee_pid"
wait "$dead" 2>/dev/null
scontrol update nodename=n2 state=down reason=killed
echo "# job $job of n2 was killed while it did $cell"
wait $driver
code=$?
is "a node dies in the middle: every cell is done all the same, and the merge says so" "$code $(tail -n 2 "$tmp/verdict" | head -n 1)" \
	"0 8 runs of 1 machines, 16 records"
[ "$code" -eq 0 ] || tail -n 20 "$tmp/slurm.said" "$tmp/verdict" "$tmp"/out/*.log | sed 's/^/# /'
is "the cell that died was done by another node" "$(jq -r 'select(.type == "run") | .host.name' "$tmp/out/$cell.json" | grep -c '^n[13]$')" 1
is "each cell has one result" "$(find "$tmp/out" -maxdepth 1 -name '*.json' | wc -l)" 8
is "what the killed start left is gone" "$(find "$tmp/out" -name '.*.part')" ""
is "in arrays of no more than MaxArraySize" "$(sed -n 's/^slurm.sh: 8 cells in arrays//p' "$tmp/slurm.said" | wc -w)" 2
check "a result names its job" jq -es '.[0].host.job.slurm_array and .[0].host.job.slurm_task' "$tmp/out/$cell.json"

before=$(cksum "$tmp"/out/*.json)
"$fleet/slurm.sh" "$tmp/out" all >"$tmp/verdict" 2>"$tmp/slurm.said"
is "a second start has nothing to do, and the same verdict" "$? $(cat "$tmp/slurm.said")" "0 beebench: every cell has its verdict in $tmp/out"
is "no result was touched" "$(cksum "$tmp"/out/*.json)" "$before"
gone=$(find "$tmp/out" -maxdepth 1 -name '*mmap*.json')
rm "$gone"
"$fleet/slurm.sh" "$tmp/out" all >"$tmp/verdict" 2>"$tmp/slurm.said"
is "one that was lost: it alone is done" "$? $(grep -c 'slurm.sh: 1 cells' "$tmp/slurm.said") $(test -s "$gone" && echo there)" "0 1 there"

ROUNDS=2 "$fleet/slurm.sh" "$tmp/out" >"$tmp/verdict" 2>"$tmp/slurm.said"
code=$?
is "a cell that no node can do: started twice" "$(grep -c 'slurm.sh: 1 cells' "$tmp/slurm.said")" 2
like "the merge names it" "$(cat "$tmp/verdict")" 'kernel-exact-nop-7.7-'
check "and is no pass, whatever Slurm says" test "$code" -ne 0
has "its log says why" "$(cat "$tmp"/out/slurm-*.log)" "7.7"

# shellcheck disable=SC2016 # for the batch shell
# A task that fails beside one that cannot run: 77 is the worse code to Slurm, the merge has the 1.
job=$(sbatch --parsable --wait --array=0-1 --output=/dev/null --wrap='[ $SLURM_ARRAY_TASK_ID -eq 0 ] && exit 77; exit 1')
is "what sbatch would say of a wrong monitor beside one that cannot run" "$?" 77
[ -n "$job" ] || fail "the array was started"
cd / || exit 1
done_testing
