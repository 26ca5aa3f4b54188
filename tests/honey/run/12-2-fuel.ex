# fuel: a function that calls itself, so many times
# args: 7 3
# out: 5040 6 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 3, value_type: :u64)
defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end
defp fact(0), do: 1
defp fact(n), do: n * fact(n - 1)
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  put(0, fuel(8, fact(a)))
  x = fuel 4, fact(3)
  put(1, x)
  put(2, fuel(3, fact(a)))
  0
end
