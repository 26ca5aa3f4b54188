# a handler that ends in a |> min(b) gives its value
# args: 7 3
# out: 0
# result: 3
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 1, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  a |> min(b)
end
