# row 20: case without a match does nothing; with nil, names and guards
# args: 3 0
# out: 30 7 0 2 100 5
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
  case a do
    1 -> put(0, 10)
    2 -> put(0, 20)
    3 -> put(0, 30)
  end
  case b do
    1 -> put(1, 1)
    _ -> put(1, 7)
  end
  case b do
    9 -> put(2, 9)
  end
  v = case bpf_map_lookup_elem(:counts, 9) do
    nil -> 2
    x -> x
  end
  put(3, v)
  w = case a + 97 do
    0 -> 0
    n when n > 50 -> n
    _ -> 1
  end
  put(4, w)
  put(5, cond do
    a == 4 -> 4
    a == 3 and b == 0 -> 5
    true -> 6
  end)
  0
end
