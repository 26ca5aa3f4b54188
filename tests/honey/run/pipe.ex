# helpers, forward references and the pipe
# args: 5 3
# out: 10 8 1 15 0 0
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
  put(0, a |> twice())
  put(1, a |> plus(b))
  put(2, if(is_big(a), do: 1, else: 0))
  put(3, a |> plus(b) |> twice() |> rem(16) |> plus(15))
  0
end

defp twice(x), do: x * 2
defp plus(x, y), do: x + y
defp is_big(x), do: x > 4
