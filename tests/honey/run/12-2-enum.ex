# functions of Enum over ranges, lists and map contents, captures, String.length, Integer.pow
# args: 7 3
# out: 45 105 72 1 0 6 30 50 12 7 8 9 1002 11
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 14, value_type: :u64)
defmap(:m, :bpf_hash, max_entries: 14, key_type: :u32, value_type: :u64)
defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end
defp double(x), do: x * 2
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, Enum.sum(1..9))
  put(1, 1..5 |> Enum.map(fn i -> i * a end) |> Enum.sum())
  put(2, Enum.reduce(1..4, b, fn i, acc -> acc * i end))
  put(3, if(Enum.any?(1..9, fn i -> i == a end), do: 1, else: 0))
  put(4, if(Enum.all?(1..9, &(&1 < a)), do: 1, else: 0))
  put(5, Enum.count(1..9, fn i -> i > b end))
  bpf_map_update_elem(:m, 1, 10)
  bpf_map_update_elem(:m, 2, 20)
  put(6, Enum.sum(:m))
  put(7, Enum.reduce(:m, 0, fn {k, v}, acc -> acc + k * v end))
  put(8, Enum.map(1..3, &double/1) |> Enum.sum())
  Enum.each(0..2, fn i -> put(9 + i, i + a) end)
  put(12, String.length("häé") + Integer.pow(a, 3))
  Enum.each(:m, fn {k, v} -> if k == 1 do put(13, k + v) end end)
  put(12, Enum.count([a, b, 9], fn x -> x > 5 end) + 1000)
  0
end
