# in, not in, ^pin, one-line clauses, conditions over two lines, for(.., do: ..)
# args: 7 3
# out: 1 1 3 5 43 6 1 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 8, value_type: :u64)
defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, if(a in 1..7, do: 1, else: 0))
  put(1, if(a + 1 not in [7, 9, 10], do: 1, else: 0))
  x = cond do
    a > 100 -> 1
    a > 1 and
        b < 2 ->
      2
    a > 1 and
      b < 4 -> 3
    true -> 4
  end
  put(2, x)
  y = 7
  put(3, case a do ^y -> 5; _ -> 6 end)
  z = case b do 1 -> 1; n when n > 1 and
      n < 5 -> n + 40
    _ -> 3 end
  put(4, z)
  s = 0
  for(i <- 1..3, do: s = s + i)
  put(5, s)
  if a in [7, 8] and b not in 4..9, do: put(6, 1)
  0
end
