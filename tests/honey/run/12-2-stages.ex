# chains of map and filter, lists, loops within loops, a head that is nil
# args: 7 3
# out: 49 4 1 2 4 2 10 1
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 8, value_type: :u64)
defmap(:m, :bpf_hash, max_entries: 8, key_type: :u32, value_type: :u64)
defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end
defp classify(nil), do: 0
defp classify(x), do: x
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, a |> Integer.pow(2))
  x = Enum.reduce(1..3, 0, fn i, acc ->
    if rem(i, 2) == 1 do
      acc + i
    else
      acc
    end
  end)
  put(1, x)
  Enum.each(1..2, fn i ->
    Enum.each(1..2, fn j -> put(i + j, i * j) end)
  end)
  y = Enum.filter(1..9, fn i -> i > a end) |> Enum.count()
  put(5, y)
  z = 1..4 |> Enum.map(&(&1 + b)) |> Enum.filter(fn v -> rem(v, 2) == 0 end) |> Enum.sum()
  put(6, z)
  put(7, if(Enum.any?([a, b], fn v -> v in 3..4 end), do: 1, else: 0))
  0
end
