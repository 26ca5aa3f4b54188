# the names of a clause are its own, those of the compiler nobody's
# args: 7 3
# out: 9 3 2 55 9 4
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 6, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

defmap(:counts, :bpf_hash, max_entries: 4, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  y = 9
  case a + 1 do
    y when y > 100 -> put(1, 1)
    z when z > y -> put(1, 2)
    z -> put(1, z - 5)
  end
  put(0, y)
  n = 2
  case a do
    n when n > 5 -> put(5, n - 3)
    _ -> 0
  end
  put(2, n)
  subject = 55
  case b + 7 do
    10 when a > 1 -> 0
    nil_like -> put(3, nil_like)
  end
  put(3, subject)
  v = 9
  case bpf_map_lookup_elem(:counts, 9) do
    nil -> 0
    v -> put(4, v)
  end
  put(4, v)
  0
end
