# constants are worked out as in Elixir
# args: 7 3
# out: 1 1 1 18446744071562067968 18446744073709551610 1 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 7, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, if(0 - 3 < 0, do: 1, else: 0))
  put(1, if(3 - 5 < 0, do: 1, else: 0))
  put(2, if(~~~5 < 0, do: 1, else: 0))
  put(3, -0x80000000)
  put(4, div(-19, 3))
  put(5, if(s32(a) - 8 < 0xFFFFFFFF, do: 1, else: 0))
  put(6, div(-9, 0xffffffff))
  0
end
