#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 42: the schemas of docs/schema/ take what beebench writes and reads, and refuse what it refuses.
. tests/lib.sh
python3 -c 'import jsonschema' 2>/dev/null || skip_all "no python3-jsonschema"
need_tool jq jq
cat >"$tmp/valid.py" <<'E2'
# valid.py SCHEMA FILE [lines]: exit code 1, and the first fault
import json, sys, warnings
warnings.simplefilter('ignore')
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
v = jsonschema.Draft202012Validator(schema)
text = open(sys.argv[2])
for doc in [json.loads(l) for l in text if l.strip()] if 'lines' in sys.argv else [json.load(text)]:
	for e in v.iter_errors(doc):
		sys.exit('%s: %s' % (doc.get('type'), e.message[:200]))
E2
for r in full gate; do
	check "the records of $r" python3 "$tmp/valid.py" docs/schema/run.schema.json tests/fixtures/runs/$r/run.json lines
done
if is_root; then
	run "$bee" verify --quiet -m memmon,none -w mmap,idle --out "$tmp/v"
	check "what verify writes" python3 "$tmp/valid.py" docs/schema/run.schema.json "$tmp/v/run.json" lines
	run "$bee" gate -q --base memmon --head memmon-honey -l static --out "$tmp/g"
	check "what gate writes" python3 "$tmp/valid.py" docs/schema/run.schema.json "$tmp/g/run.json" lines
fi
case $bee in /*) whole=$bee ;; *) whole=$PWD/$bee ;; esac
mkdir "$tmp/cells"
echo '{"schema": 1, "suites": {"s": {"monitors": ["none"], "workloads": ["idle", "brk"]}}}' >"$tmp/cells/beebench.json"
env -C "$tmp/cells" "$whole" plan >"$tmp/plan.tsv"
run env -C "$tmp/cells" "$whole" run -q --cell "$(head -n 1 "$tmp/plan.tsv" | cut -f1)" --out r
check "what run --cell writes" python3 "$tmp/valid.py" docs/schema/run.schema.json "$tmp/cells/$out" lines
run "$bee" merge "$tmp/cells/r" --cells "$tmp/plan.tsv" -q --out "$tmp/cells/all"
check "and merge --cells" python3 "$tmp/valid.py" docs/schema/run.schema.json "$tmp/cells/all/run.json" lines
# refused NAME RECORD: by the schema and by the reader
refused() {
	printf '{"type":"run","schema":1}\n%s\n' "$2" >"$tmp/bad.json"
	check "$1 is refused by the schema" sh -c "! python3 '$tmp/valid.py' docs/schema/run.schema.json '$tmp/bad.json' lines 2>/dev/null"
	run "$bee" report "$tmp/bad.json"
	is "$1 is refused by the reader" "$code" 2
}
refused "a record without a type" '{"monitor":"m"}'
refused "a trial without a monitor" '{"type":"trial","workload":"w","status":"ok"}'
refused "an overhead whose event is a number" '{"type":"overhead","event":3,"monitor":"m","status":"ok"}'

check "the gate's own policy" python3 "$tmp/valid.py" docs/schema/policy.schema.json harness/gate/gate.json
# policy NAME TEXT: refused by the schema and by beebench
policy() {
	printf '%s\n' "$2" >"$tmp/p.json"
	check "a policy with $1 is refused by the schema" sh -c "! python3 '$tmp/valid.py' docs/schema/policy.schema.json '$tmp/p.json' 2>/dev/null"
	run "$bee" gate -q --base memmon --head memmon -p "$tmp/p.json"
	is "and by beebench" "$code" 2
}
policy "an unknown key" '{"schema": 1, "statik": {}}'
policy "another schema" '{"schema": 2}'
policy "an error rate above a half" '{"schema": 1, "time": {"alpha": 2}}'
policy "an empty limit" '{"schema": 1, "static": {"limits": {"jited_bytes": {}}}}'
policy "too few calls" '{"schema": 1, "exact": {"calls": 3}}'
policy "a list that is empty" '{"schema": 1, "monitors": []}'

# suite NAME TEXT: a beebench.json that the schema refuses, and beebench
suite() {
	printf '%s\n' "$2" >"$tmp/beebench.json"
	check "a project with $1 is refused by the schema" sh -c "! python3 '$tmp/valid.py' docs/schema/suite.schema.json '$tmp/beebench.json' 2>/dev/null"
	run env -C "$tmp" "$whole" verify -q
	is "and by beebench" "$code" 2
}
printf '{"schema": 1, "build": "make", "policy": {"exact": {"on": false}}, "suites": {"a": {"monitors": ["none"], "workloads": ["idle"],
	"measures": ["verify", "gate"], "seconds": 1.5, "options": {"overhead": "slowdown=no"}}}}\n' >"$tmp/beebench.json"
check "a project's file" python3 "$tmp/valid.py" docs/schema/suite.schema.json "$tmp/beebench.json"
suite "an unknown key" '{"schema": 1, "suites": {"a": {"monitors": ["m"], "speed": 3}}}'
suite "no suite" '{"schema": 1, "suites": {}}'
suite "no monitor" '{"schema": 1, "suites": {"a": {"monitors": []}}}'
suite "an unknown measure" '{"schema": 1, "suites": {"a": {"monitors": ["m"], "measures": ["compare"]}}}'
suite "a monitor twice" '{"schema": 1, "suites": {"a": {"monitors": ["m", "m"]}}}'
suite "no time" '{"schema": 1, "suites": {"a": {"monitors": ["m"], "seconds": 0}}}'
suite "a policy with an unknown key" '{"schema": 1, "policy": {"statik": {}}, "suites": {"a": {"monitors": ["m"]}}}'
suite "a policy with a null where a lane is" '{"schema": 1, "policy": {"time": null}, "suites": {"a": {"monitors": ["m"]}}}'
suite "options of the gate" '{"schema": 1, "suites": {"a": {"monitors": ["m"], "options": {"gate": "a=1"}}}}'
# A schema that needs no other file holds the policy's itself.
is "a project's policy is the gate's" "$(jq -S '."$defs".policy' docs/schema/suite.schema.json)" \
	"$(jq -S 'del(."$schema", .title, .description, .required)' docs/schema/policy.schema.json)"
done_testing
