# -O reuse-clock, and where it must not.
use Honey, license: "Dual BSD/GPL"

defstruct :stats do
  field(:first, :u64)
  field(:last, :u64)
end

defmap(:stats_map, :bpf_hash, max_entries: 64, key_type: :u32, value_type: :stats)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  if ctx.args[1] == 9 do
    touch(1)
    touch(2)
    begin = bpf_ktime_get_ns()
    # A difference of two readings keeps both.
    bpf_printk("took %d", bpf_ktime_get_ns() - begin)
  end

  0
end

defp touch(key) do
  stats = bpf_map_lookup_elem(:stats_map, key)

  if stats == nil do
    bpf_map_update_elem(:stats_map, key, %stats{first: bpf_ktime_get_ns()}, :bpf_noexist)
    return
  end

  stats.last = bpf_ktime_get_ns()
end
