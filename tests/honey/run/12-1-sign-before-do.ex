# a sign or not before a do block takes all that follows
# args: 7 3
# out: 18446744073709551612 18446744073709551612 1 0
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 4, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, -if a > 1 do 1 else 2 end + 3)
  put(1, -(if a > 1 do 1 else 2 end + 3))
  put(2, if(not if a > 1 do false else true end or a > 100, do: 1, else: 0))
  put(3, ~~~if a > 1 do 1 else 2 end + -2)
  0
end
