# 001 issue 6: results of map operations are checked
# args: 1 2
# out: 0 18446744073709551599 18446744073709551614 0 0 1
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
  r = bpf_map_update_elem(:counts, 1, 5, :bpf_noexist)
  put(0, r)
  r2 = bpf_map_update_elem(:counts, 1, 5, :bpf_noexist)
  put(1, r2)
  r3 = bpf_map_delete_elem(:counts, 77)
  put(2, r3)
  put(3, bpf_map_update_elem(:counts, 1, 6, :bpf_exist))
  put(4, bpf_map_delete_elem(:counts, 1))
  if bpf_map_delete_elem(:counts, 1) != 0 do
    put(5, 1)
  end
  0
end
