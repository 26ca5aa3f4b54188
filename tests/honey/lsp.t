#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The language server, by a scripted client: each message is written as an editor writes it, each answer read by jq.
# shellcheck source=tests/lib.sh
. tests/lib.sh
have jq || skip_all "no jq here"
LC_ALL=C
export LC_ALL
honeyc=$B/honeyc

# say JSON: one message as it goes over the wire
say() { printf 'Content-Length: %d\r\n\r\n%s' "${#1}" "$1"; }
# request ID METHOD PARAMS
request() { say "{\"jsonrpc\": \"2.0\", \"id\": $1, \"method\": \"$2\", \"params\": $3}"; }
notify() { say "{\"jsonrpc\": \"2.0\", \"method\": \"$1\", \"params\": $2}"; }
# at LINE CHARACTER: of the document, both from 0
at() { printf '{"textDocument": {"uri": "file:///m.ex"}, "position": {"line": %d, "character": %d}}' "$1" "$2"; }
open_text() { printf '{"textDocument": {"uri": "file:///m.ex", "languageId": "elixir", "version": 1, "text": %s}}' "$(jq -Rs . <"$1")"; }
change_text() { printf '{"textDocument": {"uri": "file:///m.ex", "version": 2}, "contentChanges": [{"text": %s}]}' "$(jq -Rs . <"$1")"; }

cat >"$tmp/good.ex" <<'END'
use Honey, license: "Dual BSD/GPL"
defmap(:counts, :bpf_hash, max_entries: 16, key_type: :u32, value_type: :u64)
defp add(key, n) do
  old = bpf_map_lookup_elem(:counts, key) || 0
  bpf_map_update_elem(:counts, key, old + n)
end
@sec "tracepoint/sched/sched_switch"
def on_switch(ctx) do
  pid = u32(ctx.prev_pid)
  add(pid, 1)
  0
end
END
sed 's/u32(ctx.prev_pid)/u32(ctx.prev_pit)/; s/add(pid, 1)/add(pit, 1)/' "$tmp/good.ex" >"$tmp/bad.ex"
sed 's/u32(ctx.prev_pid)/ctx./' "$tmp/good.ex" >"$tmp/open.ex"
printf 'use Honey, license: "GPL"\n@sec "raw_tp/sys_enter"\ndef run(ctx) do\n  bpf_printk("\360\237\220\235"); nam\nend\n' >"$tmp/wide.ex"

{
	request 1 initialize '{"capabilities": {}}'
	notify initialized '{}'
	notify textDocument/didOpen "$(open_text "$tmp/bad.ex")"
	notify textDocument/didChange "$(change_text "$tmp/good.ex")"
	request 2 textDocument/hover "$(at 3 12)"
	request 3 textDocument/hover "$(at 8 3)"
	request 4 textDocument/hover "$(at 8 17)"
	request 5 textDocument/hover "$(at 1 9)"
	request 6 textDocument/definition "$(at 9 3)"
	request 7 textDocument/definition "$(at 3 30)"
	request 8 textDocument/definition "$(at 9 7)"
	request 9 textDocument/completion "$(at 4 5)"
	request 10 textDocument/completion "$(at 4 26)"
	notify textDocument/didChange "$(change_text "$tmp/open.ex")"
	request 11 textDocument/completion "$(at 8 12)"
	notify textDocument/didChange "$(change_text "$tmp/wide.ex")"
	request 12 textDocument/rename '{}'
	say '{"jsonrpc": '
	request 13 textDocument/hover '{"textDocument": {"uri": "file:///other.ex"}, "position": {"line": 0, "character": 0}}'
	notify textDocument/didClose '{"textDocument": {"uri": "file:///m.ex"}}'
	request 14 shutdown null
	notify exit null
} >"$tmp/in"
"$honeyc" --lsp --btf=/dev/null --tracefs=/dev/null <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
is "exit after shutdown: exit code" $? 0
tr -d '\r' <"$tmp/out" | sed 's/Content-Length: [0-9]*/\n/g' | grep '^{' >"$tmp/answers"

# of ID FILTER: what jq finds in the answer; said N FILTER: in the Nth list of diagnostics
of() { jq -r "select(.id == $1) | $2" <"$tmp/answers"; }
said() { jq -c 'select(.method == "textDocument/publishDiagnostics") | .params.diagnostics | '"$2" <"$tmp/answers" | sed -n "$1p"; }
diagnostics() { jq -c 'select(.method == "textDocument/publishDiagnostics") | [.params.diagnostics[] | [.code, .severity, .range.start.line, .range.start.character, .range.end.character]]' <"$tmp/answers"; }

is "every answer is JSON" "$(jq -c . <"$tmp/answers" 2>&1 | grep -c .)" "$(grep -c . "$tmp/answers")"
is "initialize says what there is" "$(of 1 '[.result.capabilities | .hoverProvider, .definitionProvider, .textDocumentSync] | @csv')" "true,true,1"
diagnostics >"$tmp/diagnostics"
is "an opened text's mistakes are said, each at its place" "$(sed -n 1p "$tmp/diagnostics")" '[["H016",1,8,16,24],["H010",1,9,6,9]]'
is "after a change that mends them nothing is left" "$(sed -n 2p "$tmp/diagnostics")" '[]'
is "the message comes with its help" "$(said 1 '.[0].message')" \
	'"the context of tracepoint/sched/sched_switch has no field prev_pit\nhelp: did you mean ctx.prev_pid?"'
like "hover over a helper: its documentation" "$(of 2 .result.contents.value)" "bpf_map_lookup_elem: element of a key"
is "hover over a variable: its type" "$(of 3 .result.contents.value)" "pid: a number (u32)"
is "hover over a field: its type" "$(of 4 .result.contents.value)" "prev_pid: a number (s32)"
is "hover over a map: what it holds" "$(of 5 .result.contents.value)" "map counts: :bpf_hash, key a number (u32), value a number (u64)"
is "definition of a function" "$(of 6 '.result.range.start | [.line, .character] | @csv')" "2,5"
is "definition of a map" "$(of 7 '.result.range.start | [.line, .character] | @csv')" "1,7"
is "definition of a variable" "$(of 8 '.result.range.start | [.line, .character] | @csv')" "8,2"
is "completion of a word: helpers and functions" "$(of 9 '[.result[].label] | [index("bpf_map_update_elem") != null, index("add") != null] | @csv')" "true,true"
is "completion after a colon: maps" "$(of 10 '[.result[].label] | @csv')" '"counts"'
is "completion after ctx.: the fields of the section, in a text that does not parse" \
	"$(of 11 '[.result[].label] | [index("prev_pid") != null, index("next_comm") != null] | @csv')" "true,true"
is "characters are counted as UTF-16 does" "$(sed -n 4p "$tmp/diagnostics")" '[["H010",1,3,20,23]]'
is "a method that is not there is refused" "$(of 12 .error.code)" -32601
is "what is no JSON is refused, and the server goes on" "$(of null '.error.code // empty')" -32600
is "hover in a document that is not open: null" "$(of 13 .result)" null
is "a closed text has nothing to say" "$(sed -n 5p "$tmp/diagnostics")" '[]'

say '{"jsonrpc": "2.0", "method": "exit"}' >"$tmp/in"
"$honeyc" --lsp <"$tmp/in" >/dev/null 2>&1
is "exit without shutdown: exit code" $? 1
"$honeyc" --lsp </dev/null >/dev/null 2>&1
is "the end of the input: exit code" $? 1
done_testing
