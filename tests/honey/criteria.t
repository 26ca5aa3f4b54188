#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One test for each acceptance criterion of the requirement documents 000 and 001, in their words. Most point into a file
# whose every letter other tests hold; here it is shown that what the criterion asks for stands in it.
# shellcheck source=tests/lib.sh disable=SC2016
. tests/lib.sh
honeyc=$B/honeyc
loader=$B/tests/honey/load_check
can_load=
if is_root && [ -r /sys/kernel/btf/vmlinux ]; then can_load=1; fi

# what each kind of evidence means; NAME is the criterion
ok() { has "$1" "$("$honeyc" -w -P --emit=c "tests/honey/ok/$2.ex" 2>&1)" "$3"; }
err() { has "$1" "$(cd tests/honey/err && "$honeyc_there" --emit=c -o /dev/null "$2.ex" 2>&1)" "$3"; }
doc() { has "$1" "$(cat docs/honey.md)" "$2"; }
files() {
	# shellcheck disable=SC2086
	set -- "$1" "$3" $2
	name=$1 least=$2
	shift 2
	check "$name" [ $# -ge "$least" ]
}
run_it() {
	[ -n "$can_load" ] || { skip "$1" "needs root and the kernel's BTF"; return; }
	"$honeyc" -w -o "$tmp/c.bpf.o" "tests/honey/run/$2.ex"
	# shellcheck disable=SC2046
	is "$1" "$("$loader" run "$tmp/c.bpf.o" $(sed -n 's/^# args: //p' "tests/honey/run/$2.ex") | sed -n 's/^out //p')" \
		"$(sed -n 's/^# out: //p' "tests/honey/run/$2.ex")"
}
programs() {
	is "$1" "$("$honeyc" -w -P --emit=c "tests/honey/ok/$2.ex" | grep -c '^SEC(')" "$3"
}
attach() {
	[ -n "$can_load" ] || { skip "$1" "needs root and the kernel's BTF"; return; }
	"$honeyc" -w -o "$tmp/c.bpf.o" "$2"
	is "$1" "$("$loader" attach "$tmp/c.bpf.o" | grep -c '^program')" "$3"
}
case $B in /*) honeyc_there=$B/honeyc ;; *) honeyc_there=$PWD/$B/honeyc ;; esac

ok '000 issue 1: Support `:bpf_ringbuf` map type' 000-1-ring 'BPF_MAP_TYPE_RINGBUF'
ok '000 issue 1: Generate proper ring buffer operations' 000-1-ring 'bpf_ringbuf_submit(event, 0)'
err '000 issue 1: Handle ring buffer reserve and submit operations' 000-1-ring-leak-on-return 'H031'
ok '000 issue 1: Support event streaming patterns' 000-1-ring 'bpf_ringbuf_output(&events'
files '000 issue 1: Add tests for ring buffer operations' 'tests/honey/err/000-1-ring-*.ex' 10
doc '000 issue 1: Update documentation with examples' 'bpf_ringbuf_reserve(:events, :event)'
ok '000 issue 2: Support `defstruct` macro for custom data types' 000-2-structs 'struct shape {'
ok '000 issue 2: Support string fields with fixed size' 000-2-structs 'char name[10];'
ok '000 issue 2: Generate proper C struct definitions with char arrays' 000-2-structs '_Static_assert(sizeof(struct shape) == 48'
run_it '000 issue 2: Handle struct field access and modification' struct-fields
ok '000 issue 2: Support struct initialization and assignment' 000-2-structs 'kept->corner = shape.corner;'
files '000 issue 2: Add tests for struct operations' 'tests/honey/err/000-2-*.ex' 5
doc '000 issue 2: Update documentation with examples' 'defstruct :name do'
ok '000 issue 3: Support `bpf_map_get_next_key()` for iteration' 000-3-next-key 'bpf_for_each_map_elem(&counts, cleanup_old_entries_each'
ok '000 issue 3: Support `bpf_map_delete_elem()` for cleanup' 000-3-next-key 'bpf_map_delete_elem(&counts, &current_key)'
run_it '000 issue 3: Handle map iteration patterns' 000-3-iterate
ok '000 issue 3: Support cleanup strategies' 000-3-iteration 'c->removed = c->removed + 1'
files '000 issue 3: Add tests for map operations' 'tests/honey/err/000-3-*.ex' 4
doc '000 issue 3: Update documentation with examples' 'bpf_map_get_next_key(:m, nil, key)'
ok '001 issue 1: Support multiple `@sec` attributes with different tracepoint types' 001-1-handlers 'SEC("tp_btf/sched_process_exit")'
ok '001 issue 1: Allow multiple function definitions with different names' 001-1-handlers 'int on_enter('
programs '001 issue 1: Generate separate eBPF programs for each tracepoint' 001-1-handlers 4
attach '001 issue 1: Handle program loading and attachment for multiple programs' bpf/memmon/memmon.ex 3
doc '001 issue 1: Update documentation with examples' '## Sections and contexts'
ok '001 issue 2: Support `:bpf_hash` map type' 001-2-maps '__uint(type, BPF_MAP_TYPE_HASH);'
ok '001 issue 2: Allow custom key and value types' 001-2-maps '__type(key, struct key);'
ok '001 issue 2: Generate proper C struct definitions for maps' 001-2-maps '__type(value, struct seen);'
ok '001 issue 2: Handle map creation with correct parameters' 001-2-maps '__uint(max_entries, 1024);'
ok '001 issue 2: Support map delete operations' 001-2-maps 'bpf_map_delete_elem(&per_cpu'
doc '001 issue 2: Update documentation with examples' '| `:bpf_hash :bpf_lru_hash` |'
run_it '001 issue 3: Support shift operations (`>>>`, `<<<`)' row8-precedence
run_it '001 issue 3: Support bitwise AND/OR operations (`&&&`, `|||`)' 001-3-bitwise
ok '001 issue 3: Generate proper C bitwise operations' 001-3-bitwise 'ids & 0xffffffff'
run_it '001 issue 3: Handle integer overflow and underflow' 001-3-wrap
files '001 issue 3: Add tests for bitwise operations' 'tests/honey/run/001-3-*.ex' 2
doc '001 issue 3: Update documentation with examples' '(a &&& 1) == 0'
ok '001 issue 4: Support `bpf_get_current_pid_tgid()`' 001-4-helpers 'bpf_get_current_pid_tgid()'
ok '001 issue 4: Support `bpf_ktime_get_ns()`' 001-4-helpers 'bpf_ktime_get_ns()'
run_it '001 issue 4: Support map update flags (`:bpf_any`, `:bpf_noexist`, `:bpf_exist`)' 001-6-results
run_it '001 issue 4: Support map delete operations' row17-snapshot
ok '001 issue 4: Support `bpf_printk()` for debugging' 001-4-helpers 'bpf_printk("pid %lld'
files '001 issue 4: Add tests for helper functions' 'tests/honey/err/001-4-*.ex' 5
doc '001 issue 4: Update documentation with examples' '| `bpf_ktime_get_ns` |'
ok '001 issue 5: Support context field access (`ctx.field_name`)' 001-5-context 'ctx->prev_pid > 0'
ok '001 issue 5: Handle different context types for different tracepoints' 001-5-context 'struct trace_event_raw_sys_exit {'
ok '001 issue 5: Generate proper C struct access patterns' 001-5-context 'preserve_access_index'
err '001 issue 5: Support nil checks and error handling' 001-5-context-field 'H016'
files '001 issue 5: Add tests for context access' 'tests/honey/err/001-5-*.ex' 4
doc '001 issue 5: Update documentation with examples' 'Tracepoints: `ctx.field`'
ok '001 issue 6: Support conditional error handling' 001-6-results 'if (bpf_map_update_elem('
run_it '001 issue 6: Support map operation result checking' 001-6-results
run_it '001 issue 6: Support proper return values' row5-return
err '001 issue 6: Handle nil/error cases gracefully' 001-6-nil-unchecked 'H030'
files '001 issue 6: Add tests for error handling' 'tests/honey/err/001-6-*.ex' 8
doc '001 issue 6: Update documentation with examples' 'if x == nil do return 0 end'
err '001 issue 7: Provide clear error messages for unsupported operations' syntax-interpolation 'H008'
err '001 issue 7: Add line number information to errors' 001-7-undefined-names '001-7-undefined-names.ex:13:9: error'
err '001 issue 7: Suggest alternatives for unsupported features' 001-4-unknown-helper 'did you mean bpf_ktime_get_ns?'
err '001 issue 7: Add warning messages for potential issues' warn-seeds-habits 'warning[W004]'
doc '001 issue 7: Update documentation with troubleshooting guide' '## Troubleshooting'
doc '001 issue 8: Create advanced programming guide' '## Where Honey is not Elixir'
files '001 issue 8: Add complex example programs' 'bpf/*/*.ex' 2
doc '001 issue 8: Document best practices' '## Good practice'
doc '001 issue 8: Create troubleshooting guide' '## Troubleshooting'
doc '001 issue 8: Add performance optimization tips' 'what is fast'

# The page's own ticks and table are these.
# items FROM TO: the ticked items between two headings, one a line
items() {
	awk -v from="$1" -v to="$2" '/^## / { on = $0 == "## " from ? 1 : $0 == "## " to ? 0 : on }
		on && /^- / { if (item ~ /^- \[x\] /) print item; item = $0; next }
		on && /^  / { sub(/^ +/, " "); item = item $0; next }
		{ if (item ~ /^- \[x\] /) print item; item = "" }
		END { if (item ~ /^- \[x\] /) print item }' docs/honey.md
}
is "docs/honey.md ticks every criterion of Honey" "$(items "The acceptance criteria of Honey" "" | wc -l)" 65
what="What Elixir means, and what Honey Potion's programs need"
check "docs/honey.md ticks what Elixir means" test "$(items "$what" "The acceptance criteria of Honey" | wc -l)" -ge 18
is "docs/honey.md ticks every line of what Elixir means, with a test" \
	"$(items "$what" "The acceptance criteria of Honey" | grep -vcE '\((run|err|ok)/|\(`make |\.t\)$')" 0
is "docs/honey.md has the table of helpers" "$("$honeyc" --list-helpers | while read -r row; do grep -Fqx -e "$row" docs/honey.md || echo "$row"; done)" ""
block=$tmp/page.ex
awk '/^```elixir$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/honey.md >"$block"
check "docs/honey.md: its example compiles" "$honeyc" -o "$tmp/page.bpf.o" "$block"
is "docs/honey.md names only tests that are there" "$(
	grep -o '\(ok\|run\|err\)/[a-z0-9-]*[a-z0-9]' docs/honey.md | sort -u | while read -r name; do
		ls "tests/honey/$name"* >/dev/null 2>&1 || echo "$name"
	done
)" ""
done_testing
