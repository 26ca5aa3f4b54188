# 001 issue 3: arithmetic wraps in 64 bits
# args: 0 1
# out: 18446744073709551615 0 1 9223372036854775808 0 18446744073709551615
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
  put(0, a - b)
  put(1, a - b + 1)
  c = 0xffffffffffffffff
  put(2, c * c)
  put(3, b <<< 63)
  put(4, (b <<< 63) * 2)
  put(5, 0 - b)
  0
end
