# row 17: a number of a map is read once, right after the check; 0 is not nil
# args: 4 0
# out: 41 41 0 1 50 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 6, value_type: :u64)
defmap(:counts, :bpf_hash, max_entries: 100, key_type: :u32, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  bpf_map_update_elem(:counts, 4, 41)
  x = bpf_map_lookup_elem(:counts, 4)
  if x != nil do
    y = x
    bpf_map_update_elem(:counts, 4, 50)
    put(0, x)
    bpf_map_delete_elem(:counts, 4)
    put(1, y)
  end
  gone = bpf_map_lookup_elem(:counts, 4)
  if gone != nil do
    put(2, 1)
  end
  bpf_map_update_elem(:counts, 5, 0)
  zero = bpf_map_lookup_elem(:counts, 5)
  if zero != nil do
    put(3, 1)
  end
  bpf_map_update_elem(:counts, 6, 50)
  v = bpf_map_lookup_elem(:counts, 6)
  if v == nil do
    return
  end
  put(4, v)
  0
end
