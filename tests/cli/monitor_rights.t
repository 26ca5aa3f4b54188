#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memmon and cpumon with two capabilities instead of root: what they need, what they keep, what they say when it is missing; and
# that a killed one leaves nothing behind.
. tests/lib.sh
need_bpf
need_tool setpriv util-linux

# Where nobody may read: the tree may stand in a folder that is closed.
chmod 755 "$tmp"
mkdir "$tmp/data"
cp -r "$B/bpf" "$tmp/data/"
cp "$B/memmon" "$B/cpumon" "$tmp/"
chmod -R a+rX "$tmp/data" "$tmp/memmon" "$tmp/cpumon"
export BEEBENCH_DATA="$tmp/data"

# as CAPS CMD..: as nobody, with these capabilities alone
# shellcheck disable=SC2317 # called by run
as() {
	caps=$1
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "-all$caps" --ambient-caps "-all$caps" \
		--bounding-set "-all$caps" "$@"
}

# rights_of PID FIELD: of /proc/PID/status, once the first frame is out
rights_of() {
	awk -v f="$2:" '$1 == f { print $2 }' "/proc/$1/status"
}

# started CAPS CMD..: in the background, its first frame in $tmp/out; sets $pid
started() {
	caps=$1
	shift
	: >"$tmp/out"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "-all$caps" --ambient-caps "-all$caps" \
		--bounding-set "-all$caps" "$@" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	tries=0
	until [ -s "$tmp/out" ] || [ "$tries" -ge 100 ] || ! kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
		tries=$((tries + 1))
	done
}

two=,+bpf,+perfmon
perfmon=$(printf '%016x' $((1 << 38)))
none=0000000000000000
for tool in memmon cpumon; do
	started "$two" "$tmp/$tool" --batch --json --interval 0.5
	like "$tool: frames with CAP_BPF and CAP_PERFMON" "$(head -n 1 "$tmp/out" | cut -c1-40)" '^\{"schema":1'
	is "$tool: says nothing" "$(cat "$tmp/err")" ""
	# CAP_PERFMON is kept where the kernel takes it for the shares of other users' processes.
	like "$tool: what it keeps" "$(rights_of "$pid" CapEff)" "^($none|$perfmon)\$"
	like "$tool: what it may take back" "$(rights_of "$pid" CapPrm)" "^($none|$perfmon)\$"
	is "$tool: ambient" "$(rights_of "$pid" CapAmb)" "$none"
	is "$tool: no new privileges" "$(rights_of "$pid" NoNewPrivs)" 1
	is "$tool: monitor" "$(jq -r .monitor "$tmp/out" | head -n 1)" "$([ "$tool" = memmon ] && echo memmon_fast || echo tasks)"
	kill "$pid"
	wait "$pid" || true
done

# Root gives up its own, but for the look at other users' processes.
: >"$tmp/out"
"$tmp/memmon" --batch --json --interval 0.5 >"$tmp/out" 2>"$tmp/err" &
pid=$!
until [ -s "$tmp/out" ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
is "root: what it keeps" "$(rights_of "$pid" CapEff)" "$(printf '%016x' $((1 << 19)))"
is "root: the bounding set" "$(rights_of "$pid" CapBnd)" "$(printf '%016x' $((1 << 19)))"
need_tool bpftool bpftool
links=$(sed -n 's/^link_id:[[:space:]]*//p' "/proc/$pid/fdinfo/"* 2>/dev/null)
check "it holds its links" test -n "$links"
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
sleep 0.5
left=
for id in $links; do
	bpftool link show id "$id" >/dev/null 2>&1 && left="$left $id"
done
is "killed: none of its links is left" "$left" ""

run as ,+perfmon "$tmp/memmon" --batch -n 1
is "no CAP_BPF: exit code" "$code" 77
has "no CAP_BPF: what is missing" "$err" "CAP_BPF is missing (to load BPF programs)"
hasnt "no CAP_BPF: what is there" "$err" "CAP_PERFMON is missing"
has "no CAP_BPF: how to give it" "$err" "sudo setcap cap_bpf,cap_perfmon+ep $tmp/memmon"
run as "" "$tmp/memmon" --batch -n 1
has "no rights: both" "$err" "CAP_BPF is missing (to load BPF programs), CAP_PERFMON is missing (to attach them to tracepoints)"
run as "" "$tmp/cpumon" --batch -n 1 --json
is "cpumon without rights reads /proc" "$code" 0
has "cpumon without rights: says so" "$err" "/proc is read instead"
is "cpumon without rights: times" "$(echo "$out" | jq '.processes | map(select(.total_ms != null)) | length > 0')" true

# Classic tracepoints are looked up in tracefs, which is root's.
if [ "$(stat -c %a /sys/kernel/tracing 2>/dev/null)" = 700 ]; then
	run as "$two" "$tmp/memmon" --object memmon --batch -n 1
	is "tracefs closed: exit code" "$code" 77
	has "tracefs closed: says what" "$err" "CAP_DAC_READ_SEARCH is missing"
	run as "$two,+dac_read_search" "$tmp/memmon" --object memmon --batch -n 1
	is "tracefs opened by CAP_DAC_READ_SEARCH" "$code$err" 0
else
	skip "tracefs closed" "tracefs is open here"
fi

# A namespace of mounts of its own, where /proc hides other users' processes.
# shellcheck disable=SC2317 # called by run
hidden() {
	unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh setpriv --reuid 65534 --regid 65534 \
		--clear-groups --inh-caps "-all$two" --ambient-caps "-all$two" --bounding-set "-all$two" "$@"
}
if unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc' 2>/dev/null; then
	run hidden "$tmp/memmon" --batch -n 2 --interval 0.3 --json
	is "hidden /proc: goes on" "$code$err" 0
	last=$(echo "$out" | tail -n 1)
	is "hidden /proc: says how many" "$(echo "$last" | jq '.losses.hidden > 0')" true
	# Who has just started, or is a zombie, has no memory at all.
	is "hidden /proc: who is hidden has approximations, never exact" \
		"$(echo "$last" | jq '[.processes[] | select(.user == "root" and .state != "X")] | any(.[]; .rss_kb > 0) and
			all(.[]; .exact == false)')" true
	run hidden "$tmp/cpumon" --batch -n 1 --json
	is "hidden /proc: cpumon goes on" "$code" 0
else
	skip "hidden /proc" "no mount namespace, or no hidepid"
fi

# Process numbers of its own: what BPF counts cannot be told apart there.
if unshare -pf --mount-proc true 2>/dev/null; then
	run unshare -pf --mount-proc "$tmp/memmon" --object memmon_fast --batch -n 1
	is "container: exit code" "$code" 77
	has "container: says why" "$err" "run it on the host"
	run unshare -pf --mount-proc "$tmp/cpumon" --batch -n 1 --json
	is "container: cpumon reads its /proc" "$code $(echo "$out" | jq '.processes | length > 0 and all(.[]; .pid < 100)')" "0 true"
else
	skip "container" "no namespace of process numbers"
fi

done_testing
