# several heads of a function, guards, default arguments
# args: 7 3
# out: 14 10 1 3 107 21 77 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 8, value_type: :u64)
defp put(i, v \\ 77) do
  bpf_map_update_elem(:out, i, v)
end
defp kind(0), do: 10
defp kind(n) when n > 5 and
                  n < 100, do: n * 2
defp kind(_), do: 1
defp pick(1, y), do: y
defp pick(x, 0), do: x + 100
defp pick(x, y), do: x * y
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, kind(a))
  put(1, kind(a - 7))
  put(2, kind(b))
  put(3, pick(1, b))
  put(4, pick(a, 0))
  put(5, pick(a, b))
  put(6)
  0
end
