# a pattern meets only its own number, whatever its width
# args: 7 3
# out: 2 2 1
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 3, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  x = s32(a) - 8
  put(0, case x do
    0xFFFFFFFF -> 1
    _ -> 2
  end)
  y = u32(0xFFFFFFFF - a + 7)
  put(1, case y do
    -1 -> 1
    _ -> 2
  end)
  put(2, case a > 1 do
    true -> 1
    false -> 2
  end)
  0
end
