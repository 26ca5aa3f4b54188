# Iteration with a function; numbers assigned inside come out.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def clean(ctx) do
  limit = ctx.args[1]
  removed = 0

  bpf_for_each_map_elem(:counts, fn key, value ->
    if value < limit do
      bpf_map_delete_elem(:counts, key)
      removed = removed + 1
    end
  end)

  bpf_loop(limit &&& 0xFF, fn i ->
    if i == removed do
      return 1
    end
  end)

  bpf_printk("removed %d", removed)
  0
end
