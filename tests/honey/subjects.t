#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The monitors in Honey: what honeyc says of them, that their objects have the maps of the C ones, and that the verifier's
# log quotes lines of the .ex. Whether they count the same is beebench's to say (verify, compare).
# shellcheck source=tests/lib.sh
. tests/lib.sh
honeyc=$B/honeyc
loader=$B/tests/honey/load_check

# said FILE OPTION: the codes of what is said, in order
said() {
	# shellcheck disable=SC2086
	"$honeyc" $2 --emit=c -o /dev/null "$1" 2>&1 | sed -n 's/^[^ ]*: [a-z]*\[\([A-Z0-9]*\)\]: .*/\1/p' | tr '\n' ' '
}
is "memmon.ex: warned of the 64 bytes and the self-update, which the seeds write" "$(said bpf/memmon/memmon.ex "")" "W003 W004 "
is "cpumon.ex: nothing to warn of" "$(said bpf/cpumon/cpumon.ex "")" ""
run "$honeyc" -O --remarks -w --emit=c -o /dev/null bpf/memmon/memmon.ex
is "memmon.ex -O: what was done, in order" "$(printf '%s\n' "$err" | sed -n 's/.*R001\]: \([a-z-]*\):.*/\1/p' | tr '\n' ' ')" \
	"reuse-clock reuse-clock exact-record elide-self-update "
run "$honeyc" -O --remarks -w --emit=c -o /dev/null bpf/cpumon/cpumon.ex
is "cpumon.ex -O: sums are stored in place" "$(printf '%s\n' "$err" | sed -n 's/.*R001\]: \([a-z-]*\):.*/\1/p' | sort -u)" "update-in-place"
run "$honeyc" -w -P --emit=c bpf/memmon/memmon.ex
has "memmon.ex: the self-update is there word for word" "$out" "bpf_map_update_elem(&mem_stats_map, &tid, stats, BPF_ANY);"
has "memmon.ex: 64 bytes are reserved" "$out" "bpf_ringbuf_reserve(&mem_events, 64, 0)"
has "memmon.ex: mem_event has C's layout" "$out" '_Static_assert(sizeof(struct mem_event) == 56, "mem_event");'
has "memmon.ex: mem_stats has C's layout" "$out" '_Static_assert(sizeof(struct mem_stats) == 72, "mem_stats");'

if ! is_root || [ ! -r /sys/kernel/btf/vmlinux ]; then
	skip "the objects load and attach" "needs root and the kernel's BTF"
	done_testing
fi
# maps OBJECT: names without libbpf's own
maps() {
	"$loader" load "$1" | sed -n 's/^map //p' | grep -v '\.' | sort | tr '\n' ' '
}
for m in memmon cpumon; do
	want=$(maps "$B/bpf/$m/$m.bpf.o")
	is "$m-honey has the C monitor's maps" "$(maps "$B/bpf/$m/$m-honey.bpf.o")" "$want"
	is "$m-honey-O has the C monitor's maps" "$(maps "$B/bpf/$m/$m-honey-O.bpf.o")" "$want"
	check "$m-honey attaches" "$loader" attach "$B/bpf/$m/$m-honey.bpf.o"
	check "$m-honey-O attaches" "$loader" attach "$B/bpf/$m/$m-honey-O.bpf.o"
done

# More rounds than the verifier follows: it refuses, and quotes.
cat >"$tmp/rounds.ex" <<'EOF'
use Honey, license: "GPL"
defmap(:m, :bpf_array, max_entries: 1, value_type: :u64)
@sec "raw_tp/sys_enter"
def on(ctx) do
  total = 0
  for i <- 0..60000 do
    for j <- 0..60000 do
      total = total + ctx.args[1] * i ^^^ j
      bpf_map_update_elem(:m, 0, total)
    end
  end
  total
end
EOF
"$honeyc" -o "$tmp/rounds.bpf.o" "$tmp/rounds.ex"
run "$loader" load "$tmp/rounds.bpf.o"
is "a program the verifier refuses" "$code" 1
has "its log quotes the lines of the .ex" "$err" "; bpf_map_update_elem(:m, 0, total)"
done_testing
