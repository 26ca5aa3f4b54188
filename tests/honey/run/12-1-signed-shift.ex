# a signed number keeps its sign through <<<, also inline
# args: 7 3
# out: 1 1 18446744073709551590 1
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 4, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  x = s64(a) - 20
  put(0, if((x <<< 2) < 0, do: 1, else: 0))
  put(1, if(s64(b) <<< 2 > x, do: 1, else: 0))
  put(2, (x <<< 2) >>> 1)
  y = x <<< 2
  put(3, if(y < 0, do: 1, else: 0))
  0
end
