# rows 16 and 28: signed numbers divide, shift and compare as signed
# args: 7 3
# out: 18446744073709551612 18446744073709551614 18446744073709551615 1 18446744073709551614 1
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
  x = s64(b) - s64(a)
  put(0, x)
  put(1, x / 2)
  put(2, rem(x, 3))
  put(3, if(x < 0, do: 1, else: 0))
  put(4, x >>> 1)
  y = s32(a)
  put(5, if(y > -1, do: 1, else: 0))
  0
end
