#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What CI services run (scripts/ci): the steps of the GitHub action and the lines of the GitLab template, by a shell, in a repository that
# is not beebench; their annotations, summary, JUnit and SARIF.
# beside others
set -u
. tests/lib.sh

need_tool git git
need_tool jq jq
here=$(pwd)
case $bee in /*) ;; *) bee=$here/$bee ;; esac
case $B in /*) objects=$B ;; *) objects=$here/$B ;; esac
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GITHUB_BASE_REF GITHUB_EVENT_NAME GITHUB_EVENT_PATH CI_MERGE_REQUEST_TARGET_BRANCH_NAME \
	CI_COMMIT_BEFORE_SHA GITHUB_STEP_SUMMARY
export TMPDIR="$tmp" HOME="$tmp/home" GIT_CEILING_DIRECTORIES="$tmp"
mkdir "$tmp/home" "$tmp/bin"

# beebench as it lies there once it is checked out and built
mkdir -p "$tmp/beebench/scripts" "$tmp/beebench/build"
cp -r "$here/scripts/ci" "$tmp/beebench/scripts/"
printf '#!/bin/sh\nBEEBENCH_BPF_DIR=%s exec %s "$@"\n' "$objects/bpf" "$bee" >"$tmp/beebench/build/beebench"
chmod +x "$tmp/beebench/build/beebench"

# A repository whose object lies in it
mkdir "$tmp/repo"
cd "$tmp/repo" || exit 2
git init -q -b main . && git config user.name test && git config user.email test@example.org
cp "$objects/bpf/memmon/memmon.bpf.o" watch.bpf.o
printf '{"schema": 1, "policy": {"exact": {"on": false}, "time": {"on": false}},\n "suites": {"one": {"monitors": ["watch.bpf.o"]}}}\n' >beebench.json
git add -A && git commit -q -m one && git commit -q --allow-empty -m two
cp "$objects/bpf/memmon/memmon-honey.bpf.o" watch.bpf.o
git checkout -q -b change && git commit -q -a -m honey
git checkout -q main

# step NAME: the shell text of the action's step
step() {
	awk -v name="$1" '
		/^    - name: / { on = $0 == "    - name: " name; text = 0 }
		on && text && /^        / { print substr($0, 9) }
		on && /^      run: \|$/ { text = 1 }' "$here/scripts/ci/action.yml"
}
# action NAME VAR=VALUE..: runs it as a runner does
action() {
	step "$1" >"$tmp/step.sh"
	shift
	: >"$tmp/summary"
	run env GITHUB_ACTION_PATH="$tmp/beebench/scripts/ci" GITHUB_WORKSPACE="$PWD" GITHUB_STEP_SUMMARY="$tmp/summary" "$@" sh -e "$tmp/step.sh"
}

is "the action's steps" "$(sed -n 's/^    - name: //p' "$here/scripts/ci/action.yml")" "Build beebench
Gate"
# shellcheck disable=SC2016 # the text of a script
printf '#!/bin/sh\necho "$PWD: make $*"\n' >"$tmp/bin/make"
chmod +x "$tmp/bin/make"
action "Build beebench" PATH="$tmp/bin:$PATH"
is "beebench is built where the action lies" "$code:$out" "0:$tmp/beebench: make deps
$tmp/beebench: make -j2 all"
action Gate OUT=kept OPTIONS= GATE_INCONCLUSIVE=warn
is "equal bytes pass: exit 0" "$code" 0
first=$(git rev-parse --short=7 HEAD^)
is "the base is the first line" "$(printf '%s\n' "$out" | head -n 1)" "base $first: the commit before HEAD, which is in main"
has "annotations" "$out" "::notice title=beebench%3A base::base $first: the commit before HEAD, which is in main"
like "the verdict, too" "$out" '^::notice title=beebench%3A pass'
has "the job's summary" "$(cat "$tmp/summary")" "# beebench: pass (watch against watch@$first)"
has "junit.xml has the base" "$(cat kept/junit.xml)" "<property name=\"base\" value=\"base $first: the commit before HEAD"
is "gate.sarif has no finding" "$(jq -c '[.version, (.runs[0].results | length), .runs[0].invocations[0].executionSuccessful]' kept/gate.sarif)" \
	'["2.1.0",0,true]'
rm -r kept

git checkout -q change
if is_root && ! tap_why=$(bpf_refused); then
	printf '{"schema": 1, "static": {"limits": {"jited_bytes": {"absolute": 1}}}, "exact": {"on": false}}\n' >"$tmp/p.json"
	action Gate OUT=kept OPTIONS="-q -l static -p $tmp/p.json" GATE_INCONCLUSIVE=warn GITHUB_BASE_REF=main
	is "a regression fails the job: exit 1" "$code" 1
	like "it is an annotation" "$out" '^::error title=regression%3A static%2C jited_bytes::'
	is "and a finding at the monitor's file" "$(jq -c '.runs[0].results[] | [.ruleId, .level, .locations[0].physicalLocation.artifactLocation.uri]' \
		kept/gate.sarif)" '["gate/static/jited_bytes","error","watch.bpf.o"]'
	rm -r kept
else
	skip "a regression fails the job" "loading BPF programs needs root"
fi
git rm -q beebench.json && git commit -q -m none
action Gate OUT=kept OPTIONS="-q --object watch.bpf.o -l exact -k $tmp/none" GATE_INCONCLUSIVE=warn GITHUB_BASE_REF=main
is "what cannot be judged here fails the job: exit 2" "$code" 2
is "it is a notification and no finding" "$(jq -c '.runs[0] | [(.results | length), .invocations[0].executionSuccessful, .invocations[0].toolExecutionNotifications[0].level]' \
	kept/gate.sarif)" '[0,false,"warning"]'
rm -r kept
cp watch.bpf.o new.bpf.o
action Gate OUT=kept OPTIONS="-q --object new.bpf.o" GATE_INCONCLUSIVE=warn
is "inconclusive is a warning" "$code:$(printf '%s\n' "$out" | grep -c '^::warning')" 0:1
rm -r kept
action Gate OUT=kept OPTIONS="-q --object new.bpf.o" GATE_INCONCLUSIVE=fail
is "or not, as the job wishes: exit 3" "$code" 3
rm -r kept
git checkout -q main

# --- GitLab ---

# lines KEY: the commands of that list, one a line, for the place where the test has beebench
lines() {
	awk -v key="  $1:" '/^  [a-z]/ { on = $0 == key } on && /^    - / { print substr($0, 7) }' "$here/scripts/ci/gitlab.yml" |
		sed "s|/tmp/beebench|$tmp/beebench|g"
}
for tool in apt-get make; do
	printf '#!/bin/sh\necho "%s $*"\n' "$tool" >"$tmp/bin/$tool"
done
printf '#!/bin/sh\necho "git $*"\n' >"$tmp/bin/git"
chmod +x "$tmp"/bin/*
lines before_script >"$tmp/before.sh"
run env PATH="$tmp/bin:$PATH" CI_PROJECT_DIR="$PWD" BEEBENCH_REPOSITORY=https://example.org/b.git BEEBENCH_REF=v1 sh -e "$tmp/before.sh"
is "GitLab: what goes before" "$code:$out" "0:apt-get update -q
apt-get install -y -q --no-install-recommends ca-certificates git make
git clone -q --depth 1 --branch v1 https://example.org/b.git $tmp/beebench
make deps
make -j2 all"
lines script >"$tmp/script.sh"
run env CI_PROJECT_DIR="$PWD" GATE_OPTIONS=-q CI_COMMIT_BEFORE_SHA="$(git rev-parse HEAD^)" sh -e "$tmp/script.sh"
is "GitLab: the gate" "$code:$(printf '%s\n' "$out" | head -n 1)" "0:base $first: the commit before this push, by CI_COMMIT_BEFORE_SHA"
check "GitLab: the artifact is there" test -s beebench-gate/junit.xml
rm "$tmp/bin/git"
run "$here/scripts/ci/gate.sh"
is "without a folder: exit 2" "$code:$err" "2:usage: gate.sh DIR [GATE OPTION..]"

# --- SARIF ---

cd "$here" || exit 2
# What the schema of SARIF 2.1.0 requires of the objects that are written, and the words it allows.
cat >"$tmp/sarif.jq" <<'EOF'
def need($ks): . as $o | all($ks[]; . as $k | $o | has($k));
need(["version", "runs"]) and .version == "2.1.0" and (.runs | type == "array") and all(.runs[];
	need(["tool"]) and (.tool | need(["driver"])) and (.tool.driver | need(["name"])) and
	(.tool.driver.rules | map(.id) as $ids | all($ids[]; type == "string") and ($ids | unique | length) == ($ids | length)) and
	(.tool.driver.rules | map(.id)) as $rules |
	all(.results[]; need(["message"]) and (.message | need(["text"])) and (.level | IN("none", "note", "warning", "error")) and
		(.ruleId | IN($rules[])) and all(.locations[]; .physicalLocation.artifactLocation.uri | type == "string") and
		all(.locations[]; .physicalLocation.region.startLine >= 1) and all(.partialFingerprints[]; type == "string")) and
	all(.invocations[]; need(["executionSuccessful"]) and (.executionSuccessful | type == "boolean") and
		all(.toolExecutionNotifications[]; need(["message"]) and (.message | need(["text"])) and (.level | IN("none", "note", "warning", "error")))))
EOF
for r in tests/fixtures/runs/*/; do
	run "$bee" report "$r" --format sarif
	[ "$code" -eq 0 ] || continue # one that is no run
	is "the structure of SARIF: ${r#tests/fixtures/runs/}" "$(printf '%s' "$out" | jq -f "$tmp/sarif.jq")" true
done
run "$bee" report tests/fixtures/runs/gate --format sarif
check "a run with regressions has findings" sh -c "printf '%s' '$(printf '%s' "$out" | jq '.runs[0].results | length')' | grep -qv '^0$'"
done_testing
