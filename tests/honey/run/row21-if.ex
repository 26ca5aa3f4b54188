# row 21: also of an if, whose blocks may leave early
# args: 5 1
# out: 0 0 0 0 0 0
# result: 4
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
  if a == 5 do
    if b == 1 do
      return 4
    end
    6
  else
    7
  end
end
