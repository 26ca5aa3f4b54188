# A helper with a map as parameter is made once for each map; it may stand after its use.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

defmap(:other, :bpf_hash, max_entries: 8, key_type: :u64, value_type: :u32)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  add(:counts, ctx.args[1], 1)
  add(:other, ctx.args[1], 2)
  add(:counts, 7, 3)
  0
end

defp add(map, key, value) do
  old = bpf_map_lookup_elem(map, key)

  if old != nil do
    bpf_map_update_elem(map, key, old + value, :bpf_any)
  else
    bpf_map_update_elem(map, key, value, :bpf_any)
  end
end
