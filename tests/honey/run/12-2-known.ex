# tuples, lists and texts known when compiled; matches; patterns of any kind
# args: 7 3
# out: 37 83 703 2 13 4 1 77 0 0 0 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 12, value_type: :u64)
defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  {x, y} = {a, b}
  {x, y} = {y, x}
  put(0, x * 10 + y)
  t = {1, a + 1, {b, 5}}
  {1, q, {r, _}} = t
  put(1, q * 10 + r)
  list = [a, b, 9]
  [h | rest] = list
  [second | _] = rest
  put(2, h * 100 + second)
  s = "abc"
  put(3, case s do
    "xyz" -> 1
    "abc" -> 2
  end)
  put(4, case t do
    {2, _, _} -> 0
    {1, n, {3, m}} when n > 5 -> n + m
    _ -> 7
  end)
  put(5, case a do
    "text" -> 1
    nil -> 2
    true -> 3
    7 -> 4
    _ -> 5
  end)
  put(6, if(s == "abc", do: 1, else: 0))
  7 = a
  put(7, 77)
  4 = b
  put(8, 88)
  0
end
