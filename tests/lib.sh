# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034
# TAP helpers for the .t files. A test is run from the root of the tree and begins with
#
#	. tests/lib.sh
#
# then uses what is below and ends with `done_testing`. Env: B, the build directory (default build).

B=${B:-build}
BEEBENCH_SHARED=${BEEBENCH_SHARED:-../shared}
bee=$B/beebench
tap_n=0
tap_failed=0
tap_ended=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/beebench-test.XXXXXX") || exit 2

# Commands to run at the end, whatever happens: at_exit 'rm -f x'
tap_cleanup=
at_exit() {
	tap_cleanup="$1; $tap_cleanup"
}
tap_exit() {
	tap_code=$?
	trap - EXIT
	eval "$tap_cleanup"
	rm -rf "$tmp"
	if [ -z "$tap_ended" ]; then
		echo "Bail out! ended before done_testing"
		exit 1
	fi
	[ "$tap_code" -ne 0 ] || [ "$tap_failed" -eq 0 ] || tap_code=1
	exit "$tap_code"
}
trap tap_exit EXIT
trap 'exit 130' INT TERM

# pass NAME, fail NAME [DETAIL..]
pass() {
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s\n' "$tap_n" "$1"
}
fail() {
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_n" "$1"
	shift
	for tap_line; do
		printf '%s\n' "$tap_line" | sed 's/^/# /'
	done
	return 1
}
# skip NAME REASON: one test that cannot run here
skip() {
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_n" "$1" "$2"
}
# skip_all REASON: the whole file cannot run here
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	tap_ended=1
	exit 0
}
done_testing() {
	printf '1..%d\n' "$tap_n"
	tap_ended=1
	exit 0
}

# is NAME GOT WANT: the same text
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:" "$2" "expected:" "$3"
	fi
}
# has NAME TEXT PART: PART stands somewhere in TEXT, letter by letter
has() {
	case $2 in
	*"$3"*) pass "$1" ;;
	*) fail "$1" "not found: $3" "in:" "$2" ;;
	esac
}
# hasnt NAME TEXT PART
hasnt() {
	case $2 in
	*"$3"*) fail "$1" "found: $3" "in:" "$2" ;;
	*) pass "$1" ;;
	esac
}
# like NAME TEXT REGEX: a line of TEXT matches the extended expression
like() {
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		pass "$1"
	else
		fail "$1" "no line matches: $3" "in:" "$2"
	fi
}
# check NAME CMD..: the command succeeds
check() {
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1); then
		pass "$tap_name"
	else
		fail "$tap_name" "exit code $? of: $*" "$tap_out"
	fi
}

# run CMD..: runs it; its streams are in $out and $err, its exit code in $code
run() {
	code=0
	"$@" >"$tmp/run.out" 2>"$tmp/run.err" || code=$?
	out=$(cat "$tmp/run.out")
	err=$(cat "$tmp/run.err")
}

# void_reason: why a record of the JSON in $out does not count; fails where all do
void_reason() {
	printf '%s' "$out" | jq -er '[.records[] | select(.status == "void") | .reason // "no reason"][0] // empty' 2>/dev/null
}
# good NAME: exit code 0. A run that was voided by what else this machine does is skipped with the run's own reason, and good fails:
# what would be asked of its figures is to be left out.
good() {
	if [ "$code" -eq 3 ] && tap_why=$(void_reason); then
		skip "$1" "the machine is busy (load $(cut -d ' ' -f 1 /proc/loadavg)): $tap_why"
		return 1
	fi
	is "$1" "$code" 0
}

have() {
	command -v "$1" >/dev/null 2>&1
}
is_root() {
	[ "$(id -u)" -eq 0 ]
}
# need_root, need_tool NAME PACKAGE: the whole file is skipped without it
need_root() {
	is_root || skip_all "needs root"
}
need_tool() {
	have "$1" || skip_all "no $1; sudo apt-get install $2"
}

# need_guest_program NAME: a guest of x86-64 can be had, and $tmp/NAME is tests/fixtures/NAME.c as one file that runs in it; else all
# is skipped
need_guest_program() {
	need_tool qemu-system-x86_64 qemu-system-x86
	need_tool "${CC:-cc}" gcc
	run "$bee" vm -k 6.12 --where
	[ "$code" -ne 77 ] || skip_all "no kernel 6.12: $err"
	"${CC:-cc}" -O2 -static -o "$tmp/$1" "tests/fixtures/$1.c" 2>"$tmp/cc" ||
		skip_all "no static program can be linked: $(head -n 1 "$tmp/cc")"
}
# find_tool NAME PACKAGE FILE: sets $tool to the program NAME, which may be FILE of the Debian package, unpacked into the cache and not
# installed; where it cannot be had, fails and says why in $why
find_tool() {
	tool=$(command -v "$1") || tool=$(scripts/fetch_deb.sh "$2" "$3" 2>"$tmp/find.err") || {
		why=$(tail -n 1 "$tmp/find.err")
		return 1
	}
}
# bpf_refused: prints why real BPF programs cannot be loaded here; fails where they can
bpf_refused() {
	if ! is_root; then
		echo "needs root"
	elif ! [ -r /sys/kernel/btf/vmlinux ]; then
		echo "the kernel has no BTF (/sys/kernel/btf/vmlinux)"
	else
		# CapEff bit 39 is CAP_BPF, bit 21 CAP_SYS_ADMIN (linux/capability.h).
		tap_caps=$((0x$(awk '/^CapEff:/ { print $2 }' /proc/self/status)))
		if [ $((tap_caps >> 39 & 1)) -eq 1 ] || [ $((tap_caps >> 21 & 1)) -eq 1 ]; then
			return 1
		fi
		echo "no CAP_BPF"
	fi
}
# need_bpf: the whole file is skipped without it; tests/vm/matrix.t judges in a guest then
need_bpf() {
	if tap_why=$(bpf_refused); then
		skip_all "$tap_why; what of it a guest can run is in vm/matrix and vm/fallback"
	fi
}
# need_bpf_or_guest WHAT: where BPF is refused, verify uses guests by itself, and $guest is 1; the whole file is skipped where
# there are none either. WHAT: what is tested, for the log.
guest=0
need_bpf_or_guest() {
	tap_why=$(bpf_refused) || return 0
	need_tool qemu-system-x86_64 qemu-system-x86
	run "$bee" vm -k 6.12 --where
	[ "$code" -eq 0 ] || skip_all "$tap_why, and no guest: $err"
	guest=1
	echo "# guest: $1, on Linux 6.12 (this machine: $tap_why)"
}
