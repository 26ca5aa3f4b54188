# rows 13, 14: = in a block assigns the variable outside it
# args: 5 0
# out: 5 2 9 1 3 0
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
  x = 0
  if a == 5 do
    x = a
  end
  put(0, x)
  y = 1
  case a do
    5 -> y = 2
    6 -> y = 3
  end
  put(1, y)
  z = 0
  for i <- 0..8 do
    z = z + 1
  end
  put(2, z)
  unless a == 4 do
    x = 1
  end
  put(3, x)
  w = 1
  if a == 5 do
    if b == 0 do
      w = 3
    end
  end
  put(4, w)
  0
end
