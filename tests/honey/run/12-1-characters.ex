# escapes and characters are Elixir's
# args: 7 3
# out: 7 8 127 27 12 11 10 32 233 128029
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 10, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, ?\a)
  put(1, ?\b)
  put(2, ?\d)
  put(3, ?\e)
  put(4, ?\f)
  put(5, ?\v)
  put(6, ?\n)
  put(7, ?\s)
  put(8, ?é)
  put(9, ?🐝)
  0
end
