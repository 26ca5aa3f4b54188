#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A repository that is not beebench: its beebench.json says what is measured and how it is built; run, verify and gate do there what they
# do here, against a base that CI's variables or git name, and leave nothing behind.
# timeout: 240
set -u
. tests/lib.sh

need_tool git git
need_tool jq jq
need_tool clang clang
here=$(pwd)
case $bee in /*) ;; *) bee=$here/$bee ;; esac
case $B in /*) objects=$B ;; *) objects=$here/$B ;; esac
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GITHUB_BASE_REF GITHUB_EVENT_NAME GITHUB_EVENT_PATH CI_MERGE_REQUEST_TARGET_BRANCH_NAME \
	CI_COMMIT_BEFORE_SHA
export TMPDIR="$tmp" GIT_CEILING_DIRECTORIES="$tmp"
e="beebench: error:"

# The project: one monitor in C, a Makefile of its own, and the file that says what is measured.
mkdir "$tmp/watch"
cd "$tmp/watch" || exit 2
git init -q -b main . && git config user.name test && git config user.email test@example.org
mkdir -p src/bpf/memmon src/bpf/calls
cp "$here/bpf/memmon/memmon.bpf.c" src/watch.bpf.c
cp "$here/bpf/memmon/memmon.h" src/bpf/memmon/
cp "$here/bpf/calls/calls.bpf.h" src/bpf/calls/
cat >Makefile <<EOF
all: out/watch.bpf.o
out/%.bpf.o: src/%.bpf.c
	@mkdir -p out
	clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -Isrc -I$objects/gen -fdebug-compilation-dir=. -c -o \$@ \$<
	@llvm-strip -g \$@
EOF
echo /out/ >.gitignore
# revision NAME: commits what is there
revision() {
	git add -A . && git commit -q --allow-empty -m "$1" && git tag "$1"
}
revision bare
cat >beebench.json <<'EOF'
{
  "schema": 1,
  "build": "make -s",
  "results": "bench/runs",
  "policy": {"exact": {"on": false}, "time": {"on": false}},
  "suites": {
    "right": {"monitors": ["out/watch.bpf.o"], "workloads": ["mmap:count=50", "brk"], "measures": ["verify", "gate"]},
    "idle": {"monitors": ["out/watch.bpf.o", "none"], "workloads": ["idle"]}
  }
}
EOF
revision first
first=$(git rev-parse --short=7 first)

# gate ARGS..: the json of a run in out.json
gate() {
	run "$bee" gate -q --json "$@"
	printf '%s\n' "$out" >"$tmp/out.json"
}
verdict() { jq -r .verdict "$tmp/out.json"; }
reasons() { jq -r '.records[] | select(.type == "gate" and .lane == "all") | .b + ": " + .verdict + ": " + .reason' "$tmp/out.json"; }
why() { jq -r '.records[] | select(.type == "base") | .commit[:7] + " " + .why' "$tmp/out.json"; }
# nothing_left NAME: no work tree, no folder
nothing_left() {
	is "$1: no work tree is left" "$(git worktree list | wc -l) $(find .git/worktrees -mindepth 1 2>/dev/null | wc -l)" "1 0"
	is "$1: no folder is left" "$(find "$tmp" -maxdepth 1 -name 'beebench-gate-*' ! -name '*.lock')" ""
}

# --- what beebench.json may say ---

# says CODE TEXT CMD ARGS..: beebench CMD ARGS ends with CODE and its stderr is TEXT
says() {
	want=$1 text=$2
	shift 2
	run "$bee" "$@" -q
	is "$*" "$code: $err" "$want: $text"
}
cp beebench.json "$tmp/good.json"
# bad TEXT SED..: the file changed by sed is refused with that
bad() {
	text=$1
	shift
	sed "$@" "$tmp/good.json" >beebench.json
	says 2 "$e $text" verify
}
bad 'beebench.json:4:3: resluts: no such field; did you mean "results"?' 's/"results"/"resluts"/'
bad 'beebench.json:7:48: suites.right.workload: no such field; did you mean "workloads"?' '7s/"workloads"/"workload"/'
bad 'beebench.json:4:3: colour: no such field; there are schema, build, results, history, policy, suites; see docs/ci.md' 's/"results"/"colour"/'
bad 'beebench.json:7:87: suites.right.measures: no measure "verfy"; did you mean "verify"?' '7s/"verify"/"verfy"/'
bad 'beebench.json:7:87: suites.right.measures: no measure "x"; there are verify, overhead, ringbuf, exact and gate' '7s/"verify"/"x"/'
bad 'beebench.json:7:15: suites.right.monitors: is an empty list' '7s/"monitors": \[[^]]*\]/"monitors": []/'
bad 'beebench.json:8:5: suites.idle: has no "monitors": what is measured?' '8s/"monitors": \[[^]]*\], //'
bad 'beebench.json:8:14: suites.idle.monitors: "none" stands there twice' '8s/"out\/watch.bpf.o"/"none"/'
bad 'beebench.json:5:14: policy.exakt: no such field; did you mean "exact"?' 's/"exact"/"exakt"/'
bad 'beebench.json:3:3: build: a string is expected, this is a number' 's/"make -s"/3/'
bad 'beebench.json:2:3: schema: 7 is not known; this beebench reads schema 1' 's/"schema": 1/"schema": 7/'
bad 'beebench.json:1:1: "schema": 1 is missing' 2d
bad 'beebench.json:5:3: not JSON: quoted object property name expected' 's/"policy"/policy/'
sed -i 's/"policy": {.*},/"policy": "ci.json",/' "$tmp/good.json"
cp "$tmp/good.json" beebench.json
says 2 "$e cannot read the policy ci.json: No such file or directory" gate
git checkout -q beebench.json
cp beebench.json "$tmp/good.json"
sed -i '7s/mmap:count=50/mmpa/' beebench.json
says 2 "$e no workload 'mmpa'; did you mean 'mmap'?
$e that is in beebench.json, suite 'right', \"workloads\"" verify
git checkout -q beebench.json
says 2 "$e beebench.json has no suite 'rigth'; did you mean 'right'?" verify --suite rigth
says 2 "$e beebench.json has no suite with the measure exact; add it to \"measures\" of one, or name monitors with -m" exact
says 2 "$e --suite says what is measured, and so does --monitor; give one of them" verify --suite right -m memmon
says 2 "$e compare takes no suites: name its monitors" compare a b --suite right
sed '7s/"measures": .*]}/"measures": ["gate"]}/; 8d; 7s/},$/}/' "$tmp/good.json" >beebench.json
says 2 "$e the suites of beebench.json ask for nothing that 'run' does: a gate is 'beebench gate'" run
git checkout -q beebench.json
mkdir "$tmp/empty"
cd "$tmp/empty" || exit 2
says 2 "$e there is no beebench.json here that would have the suites of --suite (docs/ci.md)" verify --suite right
cd "$tmp/watch" || exit 2

# --- verify and run ---

sed 's/"make -s"/"echo one; echo two >\&2; exit 3"/' "$tmp/good.json" >beebench.json
says 2 "$e the project of beebench.json does not build: 'echo one; echo two >&2; exit 3' ended with exit code 3:
one
two" verify
git checkout -q beebench.json
if tap_why=$(bpf_refused); then
	skip "the suites on this machine" "$tap_why"
else
	run "$bee" verify -q --json
	is "verify takes what the suites say, and builds it" "$code:$(printf '%s' "$out" | jq -c '[.trials[] | [.monitor, .workload, .status]]')" \
		'0:[["watch","mmap","ok"],["watch","brk","ok"],["watch","idle","skip"],["none","idle","ok"]]'
	cd src || exit 2
	run "$bee" verify -q --suite right -w brk --json
	is "also from below; -w goes first" "$code:$(printf '%s' "$out" | jq -c '[.trials[] | [.monitor, .workload]]')" '0:[["watch","brk"]]'
	run "$bee" run -q --suite right
	is "run keeps its folder where the file says" "$code:$(find ../bench/runs -name run.json | wc -l)" 0:1
	is "the suite is named before its records" "$(jq -rc 'select(.type == "suite") | [.suite, .measure, .monitors]' ../bench/runs/latest/run.json)" \
		'["right","verify",["out/watch.bpf.o"]]'
	cd .. && rm -r bench
fi

# --- gate ---

says 2 "$e gate: --object is of a project with objects of its own, --monitor of beebench's; give one of them" gate --object x.o -m memmon
says 2 "$e gate: --object names what is judged, and so does --suite; give one of them" gate --object x.o --suite right
says 2 "$e gate: --build goes with a git revision; --base memmon is one monitor, so name the other with --head" gate --base memmon --build make
says 2 "$e there is no out/none.bpf.o after 'make -s': does another command make it?" gate --base first --object out/none.bpf.o
cd "$tmp/empty" || exit 2
run "$bee" gate
is "outside of a repository: exit 2" "$code" 2
has "git says why" "$err" "$e gate: --base is missing, and git cannot tell it here: fatal: not a git repository"
has "and what to do" "$err" "; name what B is held against, a monitor or an object"
says 2 "$e gate: there is no beebench.json here: name what --build makes with --object FILE" gate --build make
cd "$tmp/watch" || exit 2

echo '/* a remark */' >>src/watch.bpf.c
revision remark
gate
is "the same bytes pass" "$code:$(reasons)" "0:watch: pass: same bytes: both objects are equal, nothing was measured"
is "on main the base is the commit before" "$(why)" "$first the commit before HEAD, which is in main"
nothing_left "a pass"
# The folder for what does not stay, named from where the gate is started, which is not where git and the build work.
mkdir "$tmp/watch/src/near"
cd src || exit 2
TMPDIR=near gate
cd .. || exit 2
is "a TMPDIR that is named from the working folder" "$code:$(verdict)" 0:pass
nothing_left "a TMPDIR in the project"
is "and nothing but its lock is in the project" "$(git status --short; ls src/near)" "?? src/near/
beebench-gate-$(id -u).lock"
rm -r src/near
run "$bee" gate -q
is "the base and why is the first line" "$(printf '%s\n' "$out" | head -n 1)" "base $first: the commit before HEAD, which is in main"
run "$bee" gate -q --base first -f markdown
has "a report has it, too" "$out" "base $first (first): named with --base"
gate --base first --build 'make -s' --object out/watch.bpf.o
is "without the file: --build and --object" "$code:$(verdict):$(why)" "0:pass:$first named with --base"
mv beebench.json "$tmp/aside.json"
gate --base first --build 'make -s' --object "$tmp/watch/out/watch.bpf.o"
is "also by the object's whole path, with no file at all" "$code:$(verdict)" 0:pass
gate --base bare --object out/watch.bpf.o
is "an object that the revision has not, and nobody builds: exit 3" "$code:$(verdict)" 3:inconclusive
mv "$tmp/aside.json" beebench.json

sed -i 's|^char LICENSE|volatile __u64 noise[64];\nchar LICENSE|; s|return 0;|{ for (int i = 0; i < 40; i++) noise[i] += bpf_ktime_get_ns(); return 0; }|' src/watch.bpf.c
revision dear
if tap_why=$(bpf_refused); then
	skip "a dearer monitor" "$tap_why"
else
	gate --base first -l static
	is "a dearer monitor is a regression: exit 1" "$code:$(verdict)" 1:regression
	run "$bee" gate -q --base first -l static --out "$tmp/kept"
	has "its table names both" "$out" "A watch@$first, B watch"
fi
nothing_left "a regression"

# Renamed, new, gone
git checkout -q -b change first
sed -i 's/watch.bpf.o/look.bpf.o/; s/out\/%.bpf.o: src\/%/out\/look.bpf.o: src\/watch/' Makefile
sed -i 's/watch.bpf.o/look.bpf.o/' beebench.json
revision renamed
rm -rf out
gate
is "a monitor that was renamed is found by its bytes" "$code:$(reasons)" \
	"0:look: pass: renamed, it was out/watch.bpf.o: both objects are equal, nothing was measured"
is "on a branch the base is where it left main" "$(why)" "$first where HEAD left main"
sed -i '1a/* lines are in an object, too */' src/watch.bpf.c
gate
is "a new or renamed one is named and no pass: exit 3" "$code:$(reasons)" "3:look: inconclusive: the base has no monitor of that name: there is nothing to hold it against; one that was renamed is held against the old object with --base OBJECT --head NAME; of the base's monitors these are not here any more: out/watch.bpf.o
nothing: skip: the base has it, and the change names it no more: removed, or renamed"
sed -i 's|"out/look.bpf.o"|"memmon"|' beebench.json
gate
is "where no monitor is an object nothing is judged: exit 3" "$code:$err" "3:beebench: warning: memmon is left out: it has no object that a revision builds
beebench: warning: none of the project's monitors is an object: nothing is judged"
git checkout -q -f change

# A base that does not build, and one that is slow
git checkout -q -b breaking first
printf 'all:\n\t@echo "watch.c:3: no such thing" >&2; exit 1\n' >Makefile
revision broken
git checkout -q main
run "$bee" gate -q --base broken
is "a base that does not build: exit 2" "$code" 2
has "place" "$err" "$e revision broken ($(git rev-parse --short=7 broken)) does not build: 'make -s' ended with exit code 2:"
has "reason" "$err" "watch.c:3: no such thing"
has "cure" "$err" "see it with: git worktree add DIR $(git rev-parse --short=7 broken) && cd DIR/ && make -s; or name another base with --base"
nothing_left "a broken base"
# What a work tree lacks of a project with submodules is said with its cure, which works.
git init -q -b main "$tmp/part"
git -C "$tmp/part" config user.name test && git -C "$tmp/part" config user.email test@example.org
printf 'x:\n\t@true\n' >"$tmp/part/Makefile"
git -C "$tmp/part" add -A && git -C "$tmp/part" commit -q -m part
git checkout -q -b parted first
git -c protocol.file.allow=always submodule --quiet add "$tmp/part" part
git commit -q -m parted
gate --base parted --build 'make -s -C part x && make -s' --object out/watch.bpf.o
is "a base with submodules that nobody fetched: exit 2" "$code:$(verdict)" 2:environment
has "the cure is said" "$err" "the project has submodules, whose folders are empty in a work tree: let its build command begin with: git submodule update --init --recursive"
gate --base parted --build 'git -c protocol.file.allow=always submodule --quiet update --init --recursive && make -s -C part x && make -s' \
	--object out/watch.bpf.o
is "with it the base is built" "$code:$(verdict)" 0:pass
is "no work tree of it is left" "$(git worktree list | wc -l)" 1
git submodule --quiet deinit -f part && git checkout -q -f main && rm -rf part .git/modules/part
# shellcheck disable=SC2016
printf 'all:\n\t@[ -n "$$SLOW" ] || exit 0; echo $$$$ >%s; exec sleep 60\n' "$tmp/building" >Makefile
git checkout -q -b slowly
revision slow
git checkout -q main
SLOW='' ; export SLOW
# The current tree is built first, and quickly.
SLOW=1 env --default-signal=INT "$bee" gate -q --base slow >"$tmp/slow.out" 2>"$tmp/slow.err" &
pid=$!
at_exit "kill -9 $pid 2>/dev/null"
n=0
while [ ! -s "$tmp/building" ] && [ $n -lt 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
kill -INT "$pid"
wait "$pid"
is "Ctrl-C while the base is built: exit 3" "$?:$(cat "$tmp/slow.err")" "3:beebench: warning: interrupted: there is no verdict"
n=0
while kill -0 "$(cat "$tmp/building")" 2>/dev/null && [ $n -lt 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
is "the build is ended" "$(ps -o stat= -p "$(cat "$tmp/building")" | grep -v Z)" ""
nothing_left "Ctrl-C"

# A project below the root of its repository
mkdir "$tmp/mono" && cd "$tmp/mono" || exit 2
git init -q -b main . && git config user.name test && git config user.email test@example.org
cp -r "$tmp/watch" tool && rm -rf tool/.git tool/out
git add -A . && git commit -q -m one && git commit -q --allow-empty -m two
cd tool/src || exit 2
gate
is "a project in a folder of its repository" "$code:$(verdict)" 0:pass
cd "$tmp/watch" || exit 2

# --- which base ---

# Nothing is built here: the object lies in the repository.
cp "$objects/bpf/memmon/memmon.bpf.o" "$tmp/light.bpf.o"
git checkout -q change
git rm -q Makefile && cp "$tmp/light.bpf.o" light.bpf.o
printf '{"schema": 1, "suites": {"one": {"monitors": ["light.bpf.o"]}}}\n' >beebench.json
revision light
git checkout -q main
git clone -q --depth 1 --branch change --no-tags --no-single-branch "file://$tmp/watch" "$tmp/shallow"
run env -C "$tmp/shallow" "$bee" gate -q --base HEAD^
is "a base that a shallow clone lacks: says how to get it" "$code:$err" "2:$e --base HEAD^ is no monitor, no file and no git revision here; \
this clone has no whole history: fetch the whole history (git fetch --unshallow; fetch-depth: 0 of actions/checkout, \
GIT_DEPTH: \"0\" of GitLab)"
git checkout -q change
# base NAME WANT VAR=VALUE..: what is chosen with these variables
base() {
	name=$1 want=$2
	shift 2
	run env "$@" "$bee" gate -q --json
	printf '%s\n' "$out" >"$tmp/out.json"
	is "base: $name" "$(why)" "$want"
}
no_base() {
	name=$1 want=$2
	shift 2
	run env "$@" "$bee" gate -q
	is "no base: $name" "$code:$out:$err" "2::$e $want"
}
cure='name the base with --base REV, or fetch the whole history (git fetch --unshallow; fetch-depth: 0 of actions/checkout, GIT_DEPTH: "0" of GitLab)'
git branch -q release first
base "GitHub's target" "$first where HEAD left release, the target that GITHUB_BASE_REF names" GITHUB_BASE_REF=release
base "GitLab's target" "$first where HEAD left release, the target that CI_MERGE_REQUEST_TARGET_BRANCH_NAME names" \
	CI_MERGE_REQUEST_TARGET_BRANCH_NAME=release
no_base "a target that is not here" "the change is for v9 (GITHUB_BASE_REF), and that branch is not here; $cure" GITHUB_BASE_REF=v9
printf '{"ref": "x", "before": "%s"}' "$(git rev-parse remark)" >"$tmp/event.json"
base "the commit before a push to GitHub" "$(git rev-parse --short=7 remark) the commit before this push, by \"before\" of the push (GITHUB_EVENT_PATH)" \
	GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH="$tmp/event.json"
base "of another event it is not asked" "$first where HEAD left main" GITHUB_EVENT_NAME=schedule GITHUB_EVENT_PATH="$tmp/event.json"
base "the commit before a push to GitLab" "$(git rev-parse --short=7 remark) the commit before this push, by CI_COMMIT_BEFORE_SHA" \
	CI_COMMIT_BEFORE_SHA="$(git rev-parse remark)"
base "of a branch that is new there is none" "$first where HEAD left main" CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000
no_base "a commit before the push that is gone" \
	"the commit before the push, 1111111111111111111111111111111111111111 (CI_COMMIT_BEFORE_SHA), is not here; $cure" \
	CI_COMMIT_BEFORE_SHA=1111111111111111111111111111111111111111
cd "$tmp/shallow" || exit 2
no_base "a shallow clone" "this clone is shallow and does not reach back to where HEAD left origin/main; $cure" GITHUB_BASE_REF=main
no_base "a shallow clone, no variable" "this clone is shallow and does not reach back to where HEAD left origin/main; $cure" A=b
no_base "a shallow clone, a push" \
	"the commit before the push, $(git -C "$tmp/watch" rev-parse remark) (CI_COMMIT_BEFORE_SHA), is not here: this clone is shallow; $cure" \
	CI_COMMIT_BEFORE_SHA="$(git -C "$tmp/watch" rev-parse remark)"
cd "$tmp/watch" || exit 2
git checkout -q --orphan alone && git commit -q -m alone
echo '{"before":"' >"$tmp/event.json"
no_base "the event of a push that cannot be read" \
	"the event of the push, $tmp/event.json (GITHUB_EVENT_PATH), has no \"before\" that can be read; name the base with --base REV" \
	GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH="$tmp/event.json"
no_base "nothing in common" "HEAD and main have no commit in common; $cure" A=b
git branch -q -D main && git branch -q -m main
no_base "a first commit" "HEAD is in main, and has no commit before it here; $cure" A=b
git branch -q -m other
no_base "no main branch" "there is no main branch here to tell where HEAD left it; $cure" A=b
says 2 "$e --base nothing-like-it is no monitor, no file and no git revision" gate --base nothing-like-it
cd "$here" || exit 2
done_testing
