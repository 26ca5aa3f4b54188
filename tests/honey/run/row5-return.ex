# row 5: return leaves the helper, not its caller
# args: 1 2
# out: 1 2 0 0 0 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 6, value_type: :u64)
defmap(:counts, :bpf_hash, max_entries: 100, key_type: :u32, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

defp pick(n) do
  if n == 1 do
    return 1
  end

  2
end

defp nothing(n) do
  if n == 1 do
    return
  end

  put(2, 99)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, pick(1))
  put(1, pick(2))
  nothing(a)
  0
end
