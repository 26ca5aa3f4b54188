#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 42: the schema of manifests, and all four schemas against every such file of the tree and of its pages. What
# the schema refuses beebench refuses, with file and line; what beebench takes the schema takes.
. tests/lib.sh
python3 -c 'import jsonschema' 2>/dev/null || skip_all "no python3-jsonschema"

cat >"$tmp/valid.py" <<'E2'
# valid.py SCHEMA FILE..: a line for each that is not valid; a .json that is no one document is taken line by line
import json, sys, warnings
warnings.simplefilter('ignore')
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
v = jsonschema.Draft202012Validator(schema)
for name in sys.argv[2:]:
	text = open(name).read()
	try:
		docs = [json.loads(text)]
	except ValueError:
		docs = [json.loads(l) for l in text.splitlines() if l.strip()]
	for e in (e for d in docs for e in v.iter_errors(d)):
		print('%s: %s: %s' % (name, '.'.join(map(str, e.absolute_path)), e.message[:200]))
		break
E2
valid() {
	python3 "$tmp/valid.py" "$@"
}
# Examples of docs/, fenced or set in, each in a file whose name begins with what it is
cat >"$tmp/pages.py" <<'E2'
import re, sys, glob
n = 0
for page in sorted(glob.glob('docs/*.md')):
	whole = open(page).read()
	for text in re.findall(r'^```json.*?\n(.*?)^```', whole, re.M | re.S) + re.findall(r'^    \{\n.*?^    \}$', whole, re.M | re.S):
		kind = 'suite' if '"suites"' in text else 'manifest' if '"schema"' in text else 'other'
		n += 1
		open('%s/%s%d.json' % (sys.argv[1], kind, n), 'w').write(text)
E2
mkdir "$tmp/pages"
python3 "$tmp/pages.py" "$tmp/pages"

# shellcheck disable=SC2046
set -- $(find bpf tests harness honey memprof -name '*.manifest.json')
is "there are manifests in the tree" "$(($# > 5))" 1
is "the schema takes each of them ($#)" "$(valid docs/schema/manifest.schema.json "$@")" ""
for kind in manifest suite; do
	is "and each $kind that the pages show" "$(ls "$tmp/pages/$kind"*.json >/dev/null && valid docs/schema/$kind.schema.json "$tmp/pages/$kind"*.json)" ""
done
is "policies of the tree" "$(valid docs/schema/policy.schema.json harness/gate/gate.json)" ""
# shellcheck disable=SC2046
is "runs of the tree" "$(valid docs/schema/run.schema.json $(find tests results -name run.json))" ""
"$bee" merge tests/fixtures/runs/full -q --out "$tmp/merged" >/dev/null 2>&1
sed '1s/"id":"[^"]*"/"id":"x"/' tests/fixtures/runs/full/run.json >"$tmp/second.json"
run "$bee" merge tests/fixtures/runs/full "$tmp/second.json" -q --out "$tmp/merged"
is "a merged run" "$(valid docs/schema/run.schema.json "$tmp/merged/run.json")" ""

# --- manifests, right and wrong ones ---

# reads TEXT: what beebench says of a manifest as such: "FILE:LINE: ..", or nothing
reads() {
	printf '%s\n' "$1" >"$tmp/x.json"
	run "$bee" verify -q -m "$tmp/x.json" -w idle
	printf '%s\n' "$err" | grep -o 'x\.json:[0-9]*: .*' | head -n 1
}
while IFS= read -r text; do
	[ -n "$text" ] || continue
	is "taken: $text" "$(reads "$text"; valid docs/schema/manifest.schema.json "$tmp/x.json")" ""
done <<'E2'
{"schema": 1}
{"schema": 1, "object": "x.bpf.o", "key": "tgid", "definition": "completed", "races": true, "compat": false, "listed": false, "filter": {"mmap": 0}}
{"schema": 1, "object": "x.bpf.o", "subject": "memory", "filter": {}, "counters": {"map": "mem_stats_map", "fields": {"mmap_count": {"field": "mmap_count", "bytes": 8}}}}
{"schema": 1, "object": "x.bpf.o", "counters": null, "events": null, "losses": null}
{"schema": 1, "object": "x.bpf.o", "counters": {}}
{"schema": 1, "object": "x.bpf.o", "subject": "cpu", "counters": null}
E2
n=0
while IFS= read -r text; do
	[ -n "$text" ] || continue
	n=$((n + 1))
	said=$(reads "$text")
	has "refused by beebench, exit code $code: $text" "$said" "x.json:1: "
	has "and by the schema ($n)" "$(valid docs/schema/manifest.schema.json "$tmp/x.json")" "x.json: "
done <<'E2'
{}
[1]
{"schema": 2}
{"schema": "1"}
{"schema": 1, "kee": "tid"}
{"schema": 1, "key": "pid"}
{"schema": 1, "name": ""}
{"schema": 1, "name": 7}
{"schema": 1, "races": "yes"}
{"schema": 1, "compat": 1}
{"schema": 1, "listed": null}
{"schema": 1, "definition": "done"}
{"schema": 1, "filter": {"munmap": 5}}
{"schema": 1, "filter": {"mmap": -1}}
{"schema": 1, "filter": 1024}
{"schema": 1, "object": "x.bpf.o", "script": "x.bt"}
{"schema": 1, "counters": "mem_stats_map"}
{"schema": 1, "counters": {"mmaps": "a"}}
{"schema": 1, "counters": {"map": "m", "fields": {"mmaps": "a"}}}
{"schema": 1, "counters": {"map": "m", "field": {}}}
{"schema": 1, "counters": {"map": "m", "fields": {"mmap_count": true}}}
{"schema": 1, "counters": {"map": "m", "fields": {"mmap_count": {"bytes": 4}}}}
{"schema": 1, "counters": {"map": "m", "fields": {"mmap_count": {"field": "f", "bytes": 65}}}}
{"schema": 1, "counters": {"map": "m", "fields": {"mmap_count": {"field": "f", "bites": 4}}}}
{"schema": 1, "counters": {"iterator": "walk", "key": "k"}}
{"schema": 1, "counters": {"iterator": "walk", "key": "k", "struct": "s", "ended": "gone"}}
{"schema": 1, "counters": {"iterator": "walk", "map": "m"}}
{"schema": 1, "events": {"map": null}}
{"schema": 1, "events": {"fields": []}}
{"schema": 1, "events": {"fields": {"bytes": "b"}}}
{"schema": 1, "events": {"types": {}}}
{"schema": 1, "events": {"types": {"mmap": "2"}}}
{"schema": 1, "events": {"types": {"open": 2}}}
{"schema": 1, "losses": 1.5}
{"schema": 1, "losses": {"fields": {"full": "f"}}}
{"schema": 1, "losses": {"fields": {"ring_full": {"field": "f"}}}}
{"schema": 1, "programs": []}
{"schema": 1, "programs": {"mmap": null}}
{"schema": 1, "run": "x -y"}
{"schema": 1, "run": ["x", 3]}
{"schema": 1, "run": []}
{"schema": 1, "subject": "cpu", "definition": "entered"}
{"schema": 1, "subject": "cpu", "filter": {}}
{"schema": 1, "subject": "cpu", "counters": {"mmap_count": "a"}}
{"schema": 1, "counters": {"user_time": "u"}, "filter": {"mmap": 0}}
{"schema": 1, "counters": {"user_time": "u", "mmap_count": "m"}}
{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "subject": "memory"}
{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "counters": {"s": "s"}}
{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "counters": {"@s": {"map": "s", "kei": "k"}}}
{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "counters": {"@s": {"key": []}}}
{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "events": {"map": "m"}}
{"schema": 1, "means": "tracepoint:syscalls:sys_enter_kill { @s = count(); }", "filter": {"mmap": 0}}
E2
done_testing
