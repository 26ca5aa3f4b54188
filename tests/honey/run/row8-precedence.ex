# row 8: shifts bind looser than + and tighter than comparison
# args: 6 1
# out: 24 1 7 48 13 2
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
  put(0, b + 2 <<< 3)
  put(1, if(a >>> 1 == 3, do: 1, else: 0))
  put(2, a ||| b)
  put(3, a * 2 + a * 6)
  put(4, a + a ||| b)
  put(5, a - b - 3)
  0
end
