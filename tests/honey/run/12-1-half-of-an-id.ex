# >>> 32 and a mask are 32 bits, inline as through a variable
# args: 7 3
# out: 1 1 1 1 18446744073709551607 18446744073709551590
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 6, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  t = (a <<< 32) + b
  prev = s32(a) - 10
  put(0, if(prev < (t >>> 32), do: 1, else: 0))
  put(1, if(prev < (t &&& 0xFFFFFFFF), do: 1, else: 0))
  pid = t >>> 32
  put(2, if(prev < pid, do: 1, else: 0))
  x = s64(a) - 20
  put(3, if(x + (a &&& 0xFF) < 0, do: 1, else: 0))
  put(4, (x - (b &&& 0xFF) - 1) >>> 1)
  put(5, x * 2 * (1 &&& 0xFF))
  0
end
