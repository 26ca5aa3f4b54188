#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench gate: what it is told wrongly it names, the static lane judges, the exit code says the verdict, and a revision's work tree
# is gone afterwards, whatever happened.
set -u
. tests/lib.sh

need_tool jq jq
export TMPDIR="$tmp"

# says CODE TEXT ARGS..: beebench gate ARGS ends with CODE and its stderr is TEXT
says() {
	want=$1 text=$2
	shift 2
	run "$bee" gate -q "$@"
	is "gate $*" "$code: $err" "$want: $text"
}

e="beebench: error:"
says 2 "$e gate: unexpected word 'memmon'; monitors go behind --base and --head" memmon
says 2 "$e gate: --base is missing: what is B held against? Name a monitor, an object or a git revision" --head memmon
says 2 "$e gate: --head names what is judged, and so does --monitor; give one of them" --base HEAD --head memmon -m memmon
says 2 "$e gate: --monitor goes with a git revision; --base memmon is one monitor, so name the other with --head" \
	--base memmon -m memmon
says 2 "$e gate: --head is missing: --base names a monitor, so name what is held against it" --base memmon
says 2 "$e no monitor 'memmn'; did you mean 'memmon'?" --base memmon --head memmn
says 2 "$e no lane 'exakt'; did you mean 'exact'?" --base memmon --head memmon -l exakt
says 2 "$e no lane 'x'; there are static, exact, time" --base memmon --head memmon -l static,x
says 2 "$e no event 'mmpa'; did you mean 'mmap'?" --base memmon --head memmon -e mmpa
says 2 "$e no report format 'junti'; did you mean 'junit'?" --base memmon --head memmon -f junti
says 2 "$e cannot read the policy $tmp/none.json: No such file or directory" --base memmon --head memmon -p "$tmp/none.json"
says 2 "$e memmon.bt is neither a BPF object (.bpf.o) nor a Honey source (.ex): its programs cannot be compared" \
	--base memmon --head memmon.bt
printf '{\n"schema": 1,\n"statik": {}\n}\n' >"$tmp/p.json"
says 2 "$e $tmp/p.json:3: statik: no such field; did you mean \"static\"?" --base memmon --head memmon -p "$tmp/p.json"
printf '{"schema": 1, "time": {"alpha": 2}}\n' >"$tmp/p.json"
says 2 "$e $tmp/p.json:1: time.alpha: 2 is out of range: 1e-09 to 0.5 is allowed" --base memmon --head memmon -p "$tmp/p.json"
run "$bee" gate --help
has "its help has the exit codes" "$out" "Exit codes: 0 pass, 1 regression,"

# gate ARGS..: the json of a run in out.json
gate() {
	run "$bee" gate -q --json "$@"
	printf '%s\n' "$out" >"$tmp/out.json"
}
verdict() { jq -r .verdict "$tmp/out.json"; }
# of LANE SUBJECT KEY
of() {
	jq -r --arg l "$1" --arg s "$2" --arg k "$3" \
		'first(.records[] | select(.type == "gate" and .lane == $l and (.subject // "") == $s)) | .[$k]' "$tmp/out.json"
}

if is_root; then
	gate --base memmon --head memmon -l static
	is "the same object twice passes the static lane" "$code:$(verdict)" 0:pass
	is "its lane and the whole say so" "$(of static "" verdict):$(of all "" verdict)" pass:pass
	is "every limit was met exactly" "$(jq -c '[.records[] | select(.type == "gate" and .verdict == "pass" and .subject) | .value] |
		unique' "$tmp/out.json")" "[0]"
	printf '{"schema": 1, "static": {"limits": {"jited_bytes": {"absolute": 1}}}}\n' >"$tmp/p.json"
	gate --base memmon --head memmon-honey -l static -p "$tmp/p.json"
	is "a bigger object fails it: exit 1" "$code:$(verdict):$(of static jited_bytes verdict)" 1:regression:regression
	printf '{"schema": 1, "static": {"limits": {"instructions": null, "jited_bytes": null, "verifier_insns": null,
		"stack_bytes": null, "map_bytes": null}}}\n' >"$tmp/p.json"
	gate --base memmon --head memmon -l static -p "$tmp/p.json"
	is "where no figure has a limit, nothing passes: exit 3" "$code:$(verdict)" 3:inconclusive
	run "$bee" gate -q --base memmon --head memmon -l static
	like "the table has a line for each figure" "$out" '^static +instructions +[0-9]+ +\+0 +[0-9]+  pass$'
	like "and one for the whole" "$out" '^in all: pass \(static: pass\)$'
	run "$bee" gate -q --base memmon --head memmon -l static --out "$tmp/kept"
	# What cannot be compared by time is known before anything is timed.
	gate --base memmon --head cpumon -l time
	is "other tracepoints cannot be compared by time: exit 2" "$code:$(of time "" verdict)" 2:environment
	has "the tracepoint is named" "$(of time "" reason)" "not run: memmon has a program on tracepoint/syscalls/sys_enter_"
	gate --base calib --head calib -l time -e mmap
	is "an event that nobody answers to: exit 2" "$code:$(of time "" reason)" \
		"2:not run: calib: no program of it runs at a call that is timed; choose others with -e"
	printf '{"schema": 1, "exact": {"on": false}}\n' >"$tmp/p.json"
	gate --base memmon --head cpumon -p "$tmp/p.json"
	is "where the policy leaves it open it is a skip" "$(of time "" verdict)" skip
	is "the records are kept" "$(jq -rs '[.[] | .type] | unique | join(" ")' "$tmp/kept/run.json")" "end gate run static"
else
	skip "the static lane on this machine" "loading BPF programs needs root"
fi

# --- a guest that is none ---

# qemu LINE..: stands for QEMU
qemu() {
	mkdir -p "$tmp/bin"
	printf '#!/bin/sh\n' >"$tmp/bin/qemu-system-x86_64"
	printf '%s\n' "$@" >>"$tmp/bin/qemu-system-x86_64"
	chmod +x "$tmp/bin/qemu-system-x86_64"
}
{
	head -c 514 /dev/zero
	printf HdrS
	head -c 4096 /dev/zero
} >"$tmp/vmlinuz"
path=$PATH
PATH="$tmp/bin:$PATH"
exact="--base memmon --head memmon -l exact -k $tmp/vmlinuz"
qemu 'echo "it is broken" >&2' 'exit 1'
# shellcheck disable=SC2086
gate $exact
is "a QEMU that fails: exit 2" "$code:$(verdict):$(of exact "" verdict)" 2:environment:environment
has "the reason stands in the record" "$(of exact "" reason)" "not run: "
# shellcheck disable=SC2016
qemu 'kill -9 $$'
# shellcheck disable=SC2086
gate $exact
is "a QEMU that is killed: exit 2" "$code:$(verdict)" 2:environment
qemu "echo \$\$ >$tmp/qemu.pid" 'exec sleep 60'
# shellcheck disable=SC2086
env --default-signal=INT "$bee" gate -q --json $exact >"$tmp/out.json" 2>"$tmp/err" &
pid=$!
at_exit "kill -9 $pid 2>/dev/null"
n=0
while [ ! -s "$tmp/qemu.pid" ] && [ $n -lt 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
kill -INT "$pid"
wait "$pid"
is "Ctrl-C while a guest hangs: exit 3" "$?:$(verdict)" 3:inconclusive
is "it is ended" "$(ps -o pid= -p "$(cat "$tmp/qemu.pid")")" ""
PATH=$path
printf '{"schema": 1, "static": {"on": false}, "exact": {"on": "auto"}, "time": {"on": false}}\n' >"$tmp/p.json"
gate --base memmon --head memmon -p "$tmp/p.json" -k "$tmp/p.json"
is "where a lane is on when possible, it is a skip; nothing judged is no pass" "$(of exact "" verdict):$code:$(of all "" reason)" \
	"skip:2:no lane could be run here"

# --- a git revision as the base ---

have git || {
	skip "a git revision as the base" "no git"
	done_testing
}
here=$(pwd)
case $bee in /*) ;; *) bee=$here/$bee ;; esac
case $B in /*) objects=$B ;; *) objects=$here/$B ;; esac
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export GIT_CEILING_DIRECTORIES="$tmp"

mkdir "$tmp/nowhere" "$tmp/repo"
cd "$tmp/nowhere" || exit 2
run "$bee" gate -q --base HEAD
is "outside of a repository: exit 2" "$code" 2
has "it says so" "$err" "$e --base HEAD is no monitor and no file, and it cannot be a git revision here: fatal: not a git repository"

# A small repository whose revisions stand for what a tree of beebench may be.
cd "$tmp/repo" || exit 2
git init -q . && git config user.name test && git config user.email test@example.org
# revision NAME: commits what is there
revision() {
	git add -A . && git commit -q --allow-empty -m "$1" && git tag "$1"
}
# shellcheck disable=SC2016
# makefile LINE..: how the objects are made in the next revision
makefile() {
	printf 'build/%%: FORCE\n\t@mkdir -p $(@D)\n' >Makefile
	printf '\t%s\n' "$@" >>Makefile
	printf 'FORCE:\n' >>Makefile
}
mkdir -p bpf/memmon
echo text >README
revision alien
mkdir -p harness/command
touch harness/command/beebench_main.c bpf/memmon/memmon.bpf.c
makefile "@cp $objects/bpf/memmon/memmon.bpf.o \$@"
revision same
makefile "@cp $objects/bpf/memmon/memmon-honey.bpf.o \$@"
revision other
# shellcheck disable=SC2016
makefile '@for i in 1 2 3; do echo line $$i; done' '@echo "error: no such thing" >&2; exit 1'
revision broken
makefile "@echo \$\$\$\$ >$tmp/building" '@exec sleep 60'
revision slow

# nothing_left NAME: no work tree, no folder, no process of a build
nothing_left() {
	is "$1: no work tree is left" "$(git worktree list | wc -l) $(find .git/worktrees -mindepth 1 2>/dev/null | wc -l)" "1 0"
	is "$1: no folder is left" "$(find "$tmp" -maxdepth 1 -name 'beebench-gate-*' ! -name '*.lock')" ""
}

says 2 "$e --base memmn is no monitor, no file and no git revision; did you mean 'memmon'?" --base memmn
says 2 "$e --base no-such-branch is no monitor, no file and no git revision" --base no-such-branch
says 2 "$e revision alien is no tree of beebench (it has no harness/command/beebench_main.c): say how its objects are built and which are compared, by --build CMD --object FILE or in beebench.json (docs/ci.md)" \
	--base alien -m memmon
nothing_left "an alien revision"
says 2 "$e no monitor 'memmn'; did you mean 'memmon'?" --base same -m memmn

gate --base same -m memmon
is "equal bytes are a pass and not measured" "$code:$(verdict):$(of all "" reason)" \
	"0:pass:same bytes: both objects are equal, nothing was measured"
is "the base is called by its commit" "$(of all "" a)" "memmon@$(git rev-parse --short=7 same)"
nothing_left "a pass"
gate --base same -m memmon,cpumon
is "issue 13, number 25: a monitor that the base has not, renamed maybe, is no pass" "$code:$(jq -r \
	'[.records[] | .verdict + ": " + .reason] | last' "$tmp/out.json")" "3:inconclusive: the base has no monitor of that name: there is nothing to hold it against; one that was renamed is held against the old object with --base OBJECT --head NAME"
cp .git/index "$tmp/index"
before=$(cksum <"$tmp/index")
run env GIT_INDEX_FILE="$tmp/index" "$bee" gate -q --base same -m memmon
is "the index of a hook that calls it stays as it is" "$code:$(cksum <"$tmp/index")" "0:$before"
run "$bee" gate -q --base same -m memmon -f markdown
has "it has a form for a pull request" "$out" "# beebench: pass (memmon against memmon@"
run "$bee" gate -q --base same -m memmon -f github
like "and one for annotations" "$out" '^::notice title=beebench%3A pass'
gate --base same --head cpumon
is "alone it is nothing to judge" "$code:$(verdict)" 3:inconclusive

if is_root; then
	gate --base other --head memmon -l static
	is "another object is measured" "$code:$(verdict):$(of static instructions verdict)" 0:pass:pass
	nothing_left "a comparison"
else
	skip "another object is measured" "loading BPF programs needs root"
fi

run "$bee" gate -q --base broken -m memmon
is "a revision that does not build: exit 2" "$code" 2
has "it is named" "$err" "$e revision broken ($(git rev-parse --short=7 broken)) does not build: 'make -j2 B=build build/bpf/memmon/memmon.bpf.o' ended with exit code 2:"
has "the end of make's output is shown" "$err" "line 3
error: no such thing"
like "the table says so" "$out" '^in all: environment \(revision broken \([0-9a-f]{7}\) does not build: .make -j2 B=build build/bpf/memmon/memmon.bpf.o. ended with exit code 2\)$'
nothing_left "a broken build"

# slow: starts a gate that builds for a minute; $pid is its, $build the build's
slow() {
	rm -f "$tmp/building"
	env --default-signal=INT "$bee" gate -q --base slow -m memmon >"$tmp/slow.out" 2>"$tmp/slow.err" &
	pid=$!
	at_exit "kill -9 $pid 2>/dev/null"
	n=0
	while [ ! -s "$tmp/building" ] && [ $n -lt 100 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	build=$(cat "$tmp/building")
}

slow
says 2 "$e another gate is running, process $pid: two at once would disturb each other; wait for it" --base memmon --head memmon
kill -INT "$pid"
wait "$pid"
is "Ctrl-C while the base is built: exit 3" "$?:$(cat "$tmp/slow.err")" \
	"3:beebench: warning: interrupted: there is no verdict"
is "the build is ended" "$(ps -o pid= -p "$build")" ""
nothing_left "Ctrl-C"
slow
kill -TERM "$pid"
wait "$pid"
is "SIGTERM: exit 3" "$?" 3
nothing_left "SIGTERM"

# What a person, or another program, keeps under such a name is not a gate's.
dead=$(sh -c 'echo $$')
mkdir "$tmp/beebench-gate-notes" "$tmp/beebench-gate-$dead-abcdef" "$tmp/beebench-gate-$dead-ghijkl" "$tmp/beebench-gate-$$-mnopqr"
for d in "$tmp"/beebench-gate-*[!k]/; do echo mine >"$d/keep"; done
# Its note names another process, or none.
echo "1-1-1" >"$tmp/beebench-gate-$dead-ghijkl/made-by"
run "$bee" gate -q --base same -m memmon
is "issue 13, number 1: what no gate made stays" "$code:$(cat "$tmp"/beebench-gate-*/keep)" "0:mine
mine
mine
mine"
rm -r "$tmp"/beebench-gate-*/

slow
kill -KILL "$pid"
wait "$pid" 2>/dev/null
kill "$build" 2>/dev/null # make died with its parent, what make had started did not
is "killed, it leaves its work tree" "$(git worktree list | wc -l)" 2
run "$bee" gate -q --base same -m memmon
is "the next one is not locked out" "$code" 0
like "and clears that away" "$err" '^beebench: removing .*/beebench-gate-[0-9]+-[A-Za-z0-9]+, which a run that was killed has left$'
nothing_left "after one that was killed"

# --- a CI step (what a change is held against: repository.t) ---

git worktree prune
git branch -q -M main
# ci REV: a CI step with that base
ci() {
	rm -rf "$tmp/ci" "$tmp/summary"
	run env GITHUB_STEP_SUMMARY="$tmp/summary" BEEBENCH_BPF_DIR="$objects/bpf" BEEBENCH="$bee" \
		"$here/scripts/ci/gate.sh" "$tmp/ci" --base "$1" -q -m memmon -l exact
}
ci same
is "a CI step passes: exit 0" "$code" 0
has "its summary has the verdict" "$(cat "$tmp/summary")" "# beebench: pass"
like "its log the annotation" "$out" '^::notice title=beebench%3A pass'
has "junit.xml is kept" "$(cat "$tmp/ci/junit.xml")" '<testsuite name="gate"'
ci broken
is "a base that does not build fails it: exit 2" "$code" 2
has "its summary says why" "$(cat "$tmp/summary")" "does not build: 'make -j2 B=build build/bpf/memmon/memmon.bpf.o' ended with exit code 2"
cd "$here" || exit 2
done_testing
