# Signed numbers compare, divide and shift as such; conversions cut.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "tracepoint/sched/sched_switch"
def on_switch(ctx) do
  change = ctx.next_prio - ctx.prev_prio
  if change < -3 do
    change = change / 2
  end
  if ctx.prev_pid > 0 and u32(ctx.prev_pid) < bpf_get_prandom_u32() do
    change = change + rem(change, 5) + min(change, -1)
  end
  small = u8(change)
  shifted = change >>> 2
  bpf_map_update_elem(:counts, ctx.next_pid, small)
  shifted
end
