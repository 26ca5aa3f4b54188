# row 16: dividing by zero gives 0, the remainder is the dividend, as the machine does
# args: 7 0
# out: 0 7 3 1 2 7
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
  put(0, a / b)
  put(1, rem(a, b))
  put(2, div(a, 2))
  put(3, rem(a, 2))
  put(4, min(a, 2))
  put(5, max(a, 2))
  0
end
