#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench gate: what it is told wrongly it names, the static lane judges, and the exit code says the verdict.
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
	is "the records are kept" "$(jq -rs '[.[] | .type] | unique | join(" ")' "$tmp/kept/run.json")" "end gate run static"
else
	skip "the static lane on this machine" "loading BPF programs needs root"
fi
done_testing
