# row 30: keys are cut to the map's width
# args: 0x100000005 7
# out: 7 1 9 9 0 0
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
  bpf_map_update_elem(:counts, a, b)
  x = bpf_map_lookup_elem(:counts, 5)
  if x != nil do
    put(0, x)
  end
  pid = a >>> 32
  put(1, pid)
  y = bpf_map_lookup_elem(:counts, 66) || 9
  put(2, y)
  put(3, bpf_map_lookup_elem(:counts, 66, 9))
  0
end
