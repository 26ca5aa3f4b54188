#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 8: what others have named or written reaches nobody's terminal, fence or parser: control characters, C1, marks of
# direction, line ends, bytes that are no UTF-8.
. tests/lib.sh
need_tool python3 python3

cat >"$tmp/look.py" <<'E2'
# look.py FILE [lines]: names what must not be there. A line that a CI system would take for a command must not be there either.
import sys, re, unicodedata
data = open(sys.argv[1], 'rb').read()
try:
	text = data.decode('utf-8')
except UnicodeDecodeError as e:
	sys.exit('no UTF-8: %s' % e)
bad = {c for c in text if c not in '\n\t' and (unicodedata.category(c) in ('Cc', 'Cf', 'Zl', 'Zp') or ord(c) in (0xfffe, 0xffff))}
if bad:
	sys.exit('shown raw: ' + ' '.join('U+%04X' % ord(c) for c in sorted(bad)))
if 'commands' not in sys.argv:
	for l in text.split('\n'):
		if re.match(r'\s*(::|##\[)', l):
			sys.exit('a command: ' + l[:80])
E2
cat >"$tmp/spoil.py" <<'E2'
# spoil.py IN OUT: a run.json whose strings all have something nasty behind them
import json, sys
P = b'\xff\xc3\x1b]0;PWN\x07\xc2\x9b31m\xe2\x80\xae\n::error::forged\n  ##[error]forged\n```\n# forged\r\x08\x7f\xef\xbf\xbf<script>&"\'`|'
keep = {'type', 'status', 'verdict', 'started', 'mode', 'regime', 'kind', 'schema', 'unit', 'definition', 'key'}
def walk(o, k=None):
	if isinstance(o, dict):
		return {a: walk(b, a) for a, b in o.items()}
	if isinstance(o, list):
		return [walk(x, k) for x in o]
	return o + 'NASTY' if isinstance(o, str) and k not in keep else o
esc = json.dumps(P.decode('latin-1')).encode()  # JSON escapes; the raw bytes go in afterwards
out = open(sys.argv[2], 'wb')
for l in open(sys.argv[1]):
	s = json.dumps(walk(json.loads(l))).encode()
	out.write(s.replace(b'NASTY', P.replace(b'\\', b'\\\\').replace(b'"', b'\\"').replace(b'\n', b'\\n').replace(b'\r', b'\\r')
		.replace(b'\x1b', b'\\u001b').replace(b'\x07', b'\\u0007').replace(b'\x08', b'\\b')) + b'\n')
E2

for name in full gate; do
	mkdir "$tmp/$name"
	python3 "$tmp/spoil.py" "tests/fixtures/runs/$name/run.json" "$tmp/$name/run.json"
	for f in text markdown html json junit sarif github openmetrics bpftrace hyperfine benchstat github-action-benchmark; do
		run "$bee" report --format $f "$tmp/$name"
		printf '%s\n' "$out" >"$tmp/out.$f"
		is "$name as $f is reported" "$code" 0
		check "$name as $f: nothing but printable characters" python3 "$tmp/look.py" "$tmp/out.$f" "$([ $f != github ] || echo commands)"
	done
	check "$name as json is JSON" python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$tmp/out.json"
	check "$name as junit is XML, and JUnit" python3 tests/junit.py "$tmp/out.junit"
	is "$name as github: no command but ours" "$(grep -cE '^::(error|warning|notice) title=' "$tmp/out.github")" "$(wc -l <"$tmp/out.github")"
	check "$name as bpftrace is JSON, line by line" python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1]) if l.strip()]' \
		"$tmp/out.bpftrace"
	is "$name as markdown: the fence holds" "$(grep -c '^````*' "$tmp/out.markdown")" 2
	if have gnuplot; then
		run "$bee" report --write "$tmp/$name"
		for svg in "$tmp/$name"/plots/*.svg; do
			check "$name: ${svg##*/} is XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$svg"
		done
	fi
done

# --- what a data base of foreign runs says, and a merged file ---

mkdir "$tmp/-c
::error::forged"
cp "$tmp/full/run.json" "$tmp/-c
::error::forged"
"$bee" history import -d "$tmp/h.db" -r "$(printf 'x\033[31m\n::error::forged')" "$tmp/gate" "$tmp/-c
::error::forged" >"$tmp/out" 2>&1
check "history import can be shown" python3 "$tmp/look.py" "$tmp/out"
for words in "show" "show --list" "show --json" "show --html" "check"; do
	# shellcheck disable=SC2086
	run "$bee" history $words -d "$tmp/h.db"
	printf '%s\n' "$out" >"$tmp/out"
	check "history $words can be shown" python3 "$tmp/look.py" "$tmp/out"
done
# Written anew by another program: blanks, and members in another order.
for name in full gate; do
	mkdir "$tmp/anew-$name"
	python3 -c 'import json,sys; [print(json.dumps(json.loads(l), sort_keys=True)) for l in open(sys.argv[1])]' \
		"tests/fixtures/runs/$name/run.json" >"$tmp/anew-$name/run.json"
done
run "$bee" merge "$tmp/anew-full" "$tmp/anew-gate" -o "$tmp/merged"
is "runs that another program has written anew are merged" "$code" 1
run "$bee" report "$tmp/merged"
is "and reported" "$code$err" 0

mkdir "$tmp/suites"
python3 -c 'import json; n = "x\x1b[31m\x9by\u202e\n::error::f\t|"
print(json.dumps({"schema": 1, "suites": {n: {"measures": ["verify"], "monitors": [n + ".bpf.o"], "kernels": ["/" + n]}}}))' >"$tmp/suites/beebench.json"
case $bee in /*) own=$bee ;; *) own=$PWD/$bee ;; esac
for f in tsv json ids github gitlab; do
	(cd "$tmp/suites" && "$own" plan --format $f >"$tmp/out" 2>&1)
	check "plan --format $f can be shown" python3 "$tmp/look.py" "$tmp/out"
done
is "a cell is one line of seven fields" "$(cd "$tmp/suites" && "$own" plan | awk -F '\t' '{ print NF }')" 7

# Figures that are no figures: unknown, not 0 and not an endless search for their equal.
mkdir "$tmp/none"
python3 -c '
import json
for l in open("tests/fixtures/runs/gate/run.json"):
	o = json.loads(l)
	if o["type"] == "exact":
		o["instructions"] = {"a": 1} if o["path"] == "brk" else -5 if o["path"] == "mmap" else "7"
	if o["type"] == "gate" and o["status"] == "fail":
		o["high"] = "none"
	print(json.dumps(o, separators=(",", ":")))' >"$tmp/none/run.json"
run sh -c 'ulimit -t 20 && exec "$@"' sh "$bee" merge "$tmp/none" -o "$tmp/merged-none"
is "merge of instructions that are no numbers ends" "$code" 1
hasnt "and none of them is held against another" "$out" "exact figures"
run "$bee" report --format junit "$tmp/none"
has "JUnit: what is not known is -" "$out" "B less A: 15 [15, -] instructions, at most 0; A: 702"

# --- on the way in: the arguments of a command, the name of an object ---

nasty=$(printf 'x\377\033[31m\302\233m\342\200\256y')
if is_root; then
	run "$bee" verify --quiet -m none --out "$tmp/in" -- /bin/echo "$nasty" "$(printf 'a\n::error::b')" '```'
	check "run.json is whole UTF-8, and can be shown" python3 "$tmp/look.py" "$tmp/in/run.json"
	check "and JSON" python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1])]' "$tmp/in/run.json"
	check "report.md can be shown" python3 "$tmp/look.py" "$tmp/in/report.md"
	for f in text junit openmetrics json; do
		"$bee" verify --quiet -m none --format $f -- /bin/echo "$nasty" >"$tmp/out" 2>"$tmp/err"
		check "verify --format $f can be shown" python3 "$tmp/look.py" "$tmp/out"
	done
else
	skip "run.json is whole UTF-8" "verify needs root"
fi
mkdir -p "$tmp/bpf/nasty"
cp "$B/bpf/memmon/memmon.bpf.o" "$tmp/bpf/nasty/$nasty
::error::forged.bpf.o"
for words in "list" "list --json" "list monitors" "verify -m $nasty" "report $tmp/$nasty" "gate --base $nasty --head memmon" "vm -k $nasty --where"; do
	# shellcheck disable=SC2086
	BEEBENCH_BPF_DIR=$tmp/bpf "$bee" $words >"$tmp/out" 2>&1
	check "beebench ${words%"$nasty"*}: can be shown" python3 "$tmp/look.py" "$tmp/out"
done
printf '{"maps": {"counters": "%s"}, "x": 1}' "$nasty" >"$tmp/m.manifest.json"
cp "$B/bpf/memmon/memmon.bpf.o" "$tmp/m.bpf.o"
"$bee" verify -m "$tmp/m.bpf.o" -w idle >"$tmp/out" 2>&1
check "errors about a manifest can be shown" python3 "$tmp/look.py" "$tmp/out"
done_testing
