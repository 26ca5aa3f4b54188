#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is in share/fleet besides Slurm (docs/fleet.md): GNU parallel for real; the Indexed Job and the DaemonSet as kubectl reads them, and
# what their pods run; the matrix of GitHub held against its schema, that of GitLab against its own, and the jobs of both run here. Each is
# skipped where its program is not; make test-fleet installs them.
# beside others
set -u
. tests/lib.sh
need_tool jq jq
need_bpf_or_guest "the cells that engines start"
root=$PWD
case $bee in /*) ;; *) bee=$PWD/$bee ;; esac
fleet=$root/share/fleet
mkdir "$tmp/bin" "$tmp/home" "$tmp/p"
ln -s "$bee" "$tmp/bin/beebench"
for tool in apt-get apt-cache; do
	printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >"$tmp/bin/$tool"
	chmod +x "$tmp/bin/$tool"
done
export PATH="$tmp/bin:$PATH"
cat >"$tmp/p/beebench.json" <<'E2'
{"schema": 1, "suites": {
  "all": {"monitors": ["none"], "measures": ["verify"], "workloads": ["idle", "brk:count=3", "mmap:count=3"]},
  "kernel": {"monitors": ["nop"], "measures": ["exact"], "kernels": ["7.7"]}}}
E2
cd "$tmp/p" || exit 1
beebench plan all >"$tmp/plan.tsv"
idle=$(head -n 1 "$tmp/plan.tsv" | cut -f1)

# --- what they all start

"$fleet/cell.sh" "$tmp/plan.tsv" one 0 2 >"$tmp/said" 2>&1
is "cell.sh: lines of a plan, counted from 0" "$? $(find one -name '*.json' | wc -l) $(test -s "one/$idle.json" && echo there)" "0 2 there"
run "$fleet/cell.sh" "$tmp/plan.tsv" one 3
is "a line that there is not" "$code $err" "2 cell.sh: $tmp/plan.tsv has no line 3 (from 0)"
run "$fleet/cell.sh" "$tmp/plan.tsv" one
is "too few words" "$code $err" "2 usage: cell.sh PLAN OUT NUMBER.."
beebench plan kernel >kernel.tsv
run env BEEBENCH_CACHE="$tmp/cache" "$fleet/cell.sh" kernel.tsv one 0
is "what cannot be run here: 77, so that an engine tries it elsewhere" "$code" 77
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/bad"
chmod +x "$tmp/bin/bad"
run env BEEBENCH=bad "$fleet/cell.sh" "$tmp/plan.tsv" one 0
is "a verdict that is bad is a verdict: 0, so that none tries it again" "$code" 0

# --- GNU parallel

if parallel --version 2>/dev/null | grep -q '^GNU'; then
	export PARALLEL_HOME="$tmp/home" BEEBENCH_CACHE="$tmp/cache"
	: >"$PARALLEL_HOME/will-cite"
	into="it's 100% mine"
	run env PARALLEL_OPTIONS="--jobs 2" "$fleet/parallel.sh" "$into" all
	is "parallel.sh: all cells, and the merge's verdict" "$code $(printf '%s\n' "$out" | head -n 1)" "0 3 runs of 1 machines, 6 records"
	is "its log has each job" "$(tail -n +2 "$into/joblog" | cut -f7 | tr '\n' ' ')" "0 0 0 "
	is "the results know that parallel started them" "$(jq -r 'select(.type == "run") | .host.job.parallel_sequence' "$into"/*.json | sort | tr '\n' ' ')" "1 2 3 "
	before=$(cksum "$into"/*.json)
	rm "$into/$idle.json"
	run "$fleet/parallel.sh" "$into" all
	is "what was lost is done again, alone" "$code $(tail -n +2 "$into/joblog" | wc -l)" "0 1"
	run "$fleet/parallel.sh" "$into" all
	has "then there is nothing to do" "$code $err" "0 beebench: every cell has its verdict in "
	is "and nothing was touched but the one" "$(printf '%s\n' "$before" | grep -v "$idle")" "$(cksum "$into"/*.json | grep -v "$idle")"
	run "$fleet/parallel.sh" "$into"
	has "a cell that cannot be run here: 77 in the log" "$(tail -n +2 "$into/joblog" | cut -f7)" 77
	like "and the merge names it" "$code $(printf '%s\n' "$out" | tail -n 1)" '^[23] 1 cell .*: kernel-exact-nop-7\.7-'
	run "$fleet/parallel.sh"
	is "without a folder" "$code $err" "2 usage: parallel.sh OUT [SUITE..]"
	run env BEEBENCH=bad "$fleet/parallel.sh" none all
	is "beebench that fails fails the script" "$code" 1
else
	skip "GNU parallel" "no GNU parallel; make test-fleet installs it"
fi
printf '#!/bin/sh\necho "parallel from moreutils"\n' >"$tmp/bin/parallel"
chmod +x "$tmp/bin/parallel"
run "$fleet/parallel.sh" x all
is "another parallel is told" "$code $err" "2 parallel.sh: no GNU parallel here (the parallel of moreutils is another one)"
rm "$tmp/bin/parallel"

# --- Kubernetes

# read_by_kubectl FILE: as the type that it names, without a cluster ('label --local' would take anything)
read_by_kubectl() {
	run kubectl set env --local --dry-run=client -f "$1" CHECKED=yes -o json
}
# in_pod JSON WORDS..: what the first container runs, here: the paths of its mounts are ours
in_pod() {
	printf '%s' "$1" | jq -r '.spec.template.spec.containers[0].command[2]' |
		sed "s,/usr/local/share/beebench/fleet,$fleet,; s,/plan/,$tmp/,; s,/runs,$tmp/runs,; s,exec sleep infinity,:," >"$tmp/pod.sh"
	shift
	env "$@" sh "$tmp/pod.sh"
}
if ! have kubectl; then
	skip "the Indexed Job and the DaemonSet" "no kubectl; make test-fleet installs it"
else
	for f in job daemonset; do
		read_by_kubectl "$fleet/$f.yaml"
		is "kubectl reads $f.yaml" "$code$err" 0
		printf '%s' "$out" >"$tmp/$f.json"
		# A field that it does not know is not in what it writes.
		kubectl label --local -f "$fleet/$f.yaml" checked=yes -o json >"$tmp/whole.json"
		unknown=$(jq -nr --slurpfile all "$tmp/whole.json" --slurpfile read "$tmp/$f.json" \
			'$all[0] | del(.metadata.labels.checked) | . as $a | paths(scalars) as $p | select(($read[0] | getpath($p)) != ($a | getpath($p))) | $p | map(tostring) | join(".")' 2>&1)
		case $f$unknown in
		jobspec.completionMode)
			skip "$f.yaml: it knows each field" "$(kubectl version --client 2>/dev/null | head -n 1): older than Indexed Jobs (1.21)"
			;;
		*) is "$f.yaml: it knows each field" "$unknown" "" ;;
		esac
		sed 's/containers:/contaners:/' "$fleet/$f.yaml" >bad.yaml
		read_by_kubectl bad.yaml
		check "$f.yaml: it would say of a wrong word" test "$code$(printf '%s' "$out" | jq '.spec.template.spec.containers // [] | length')" != 01
	done
	sed 's/completions: 1$/completions: many/' "$fleet/job.yaml" >bad.yaml
	read_by_kubectl bad.yaml
	check "and of a wrong type" test "$code" -ne 0
	sed "s/completions: 1$/completions: $(wc -l <"$tmp/plan.tsv")/" "$fleet/job.yaml" >mine.yaml
	read_by_kubectl mine.yaml
	is "a pod for each cell, as the file says to fill it in" "$(printf '%s' "$out" | jq '.spec.completions')" 3
	run kubectl create configmap beebench-plan --from-file="$tmp/plan.tsv" --dry-run=client -o json
	is "the plan as the volume's file" "$(printf '%s' "$out" | jq -r '.data["plan.tsv"]' | head -n 1 | cut -f1)" "$idle"
	for i in 0 1 2; do
		in_pod "$(cat "$tmp/job.json")" JOB_COMPLETION_INDEX=$i BEEBENCH_NODE=node$i >/dev/null 2>&1 || fail "pod $i ends well"
	done
	is "three pods do three cells, each by its node" "$(jq -r 'select(.type == "run") | "\(.host.name) \(.host.job.kubernetes_index)"' "$tmp"/runs/*.json | sort | tr '\n' ' ')" \
		"node0 0 node1 1 node2 2 "
	rm -r "$tmp/runs"
	in_pod "$(cat "$tmp/daemonset.json")" BEEBENCH_NODE=a >/dev/null 2>&1
	in_pod "$(cat "$tmp/daemonset.json")" BEEBENCH_NODE=b >/dev/null 2>&1
	is "the DaemonSet: every cell on every node" "$(find "$tmp/runs/a" "$tmp/runs/b" -name '*.json' | wc -l)" 6
	run beebench merge "$tmp"/runs/*/ --cells "$tmp/plan.tsv" --out daemons
	is "which merge as the file says" "$code $(printf '%s\n' "$out" | head -n 1)" "0 6 runs of 1 machines, 12 records"
fi

# --- GitHub and GitLab: validators of their schemas are npm's (make test-fleet); jobs are run here as they stand in the files

npm=$B/fleet/node_modules/.bin
case $npm in /*) ;; *) npm=$root/$npm ;; esac
# steps FILE JOB: its shell commands, with our paths
steps() {
	python3 - "$1" "$2" <<'E2' | sed "s,/usr/local/share/beebench/fleet,$fleet,"
import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))
job = job.get('jobs', job)[sys.argv[2]]
print('\n'.join(job['script'] if 'script' in job else [s['run'] for s in job['steps'] if 'run' in s]))
E2
}
if [ -x "$npm/action-validator" ]; then
	check "GitHub's schema takes github.yml" "$npm/action-validator" "$fleet/github.yml"
	sed 's/fail-fast/fail-fsat/' "$fleet/github.yml" >bad.yml
	check "and would not take a wrong word" sh -c "! '$npm/action-validator' bad.yml"
else
	skip "GitHub's schema" "no action-validator; make test-fleet installs it by npm"
fi
mkdir gitlab
cp "$fleet/gitlab.yml" gitlab/.gitlab-ci.yml
cp "$fleet/gitlab-cells.yml" beebench.json gitlab
git -C gitlab -c init.defaultBranch=main init -q
git -C gitlab add -A
git -C gitlab -c user.name=x -c user.email=x@example.org commit -qm x
(cd gitlab && cat gitlab-cells.yml >cells.yml && beebench plan all --format gitlab >>cells.yml)
sed -i "s,/usr/local/share/beebench/fleet,$fleet,; s/plan --cells/plan all --cells/" gitlab/cells.yml
export HOME="$tmp/home"
# gitlab ARGS..: in the project. It needs a newer node than some machines have.
gitlab() {
	run sh -c "cd gitlab && '$npm/gitlab-ci-local' $*"
}
if [ -x "$npm/gitlab-ci-local" ] && "$npm/gitlab-ci-local" --version >/dev/null 2>&1; then
	gitlab --list
	like "GitLab's schema takes gitlab.yml" "$code $out" '^beebench +.*\[beebench-plan\]'
	gitlab --file cells.yml --list
	is "and the child pipeline: a job for each cell, and the merge" "$code $(printf '%s\n' "$out" | grep -c '^cells: \[all-verify-none-host-')" "0 3"
	sed 's/allow_failure: true/allow_failure: 3/' gitlab/cells.yml >gitlab/bad.yml
	gitlab --file bad.yml --list
	check "and would not take a wrong value" test "$code" -ne 0
	if have rsync; then
		gitlab --file cells.yml --force-shell-executor --shell-isolation=true
		is "the pipeline runs: every cell, then the merge" "$code $(printf '%s\n' "$out" | grep -c 'merge.*> 3 runs of 1 machines, 6 records')" "0 1"
		[ "$code" -eq 0 ] || printf '%s\n' "$out" "$err" | tail -n 20 | sed 's/^/# /'
	else
		skip "GitLab's jobs, run here" "no rsync, which gitlab-ci-local copies with; make test-fleet installs it"
	fi
else
	skip "GitLab's schema, and its jobs, run here" "no gitlab-ci-local, or no node for it; make test-fleet installs it by npm"
fi
if python3 -c 'import yaml' 2>/dev/null; then
	mkdir github
	cp beebench.json github
	cd github || exit 1
	sed 's/beebench plan --/beebench plan all --/' "$fleet/github.yml" >w.yml
	: >outputs
	: >summary
	steps w.yml plan >plan.sh
	steps w.yml cells >cells.sh
	steps w.yml merge >merge.sh
	check "GitHub's first job" env GITHUB_OUTPUT=outputs bash -e plan.sh
	sed -n 's/^matrix=//p' outputs | jq -r '.cells[]' >list
	while read -r cells; do
		CELLS=$cells GITHUB_RUN_ID=7 bash -e cells.sh >/dev/null 2>&1 || fail "the job of $cells"
	done <list
	run env GITHUB_STEP_SUMMARY=summary bash -e merge.sh
	is "a job for each cell, and the last one's verdict" "$code $(wc -l <list) $(printf '%s\n' "$out" | head -n 1)" "0 3 3 runs of 1 machines, 6 records"
	has "its summary is the report" "$(cat summary)" "3 runs of 1 machine"
	rm "runs/$idle.json"
	run env GITHUB_STEP_SUMMARY=summary bash -e merge.sh
	is "a job that was lost: red, and named" "$code $(printf '%s\n' "$out" | tail -n 1)" "2 1 cell has no result: $idle"
else
	skip "GitHub's jobs, run here" "no PyYAML for python3"
fi
cd / || exit 1
done_testing
