# negative numbers in branches keep their sign, also when kept aside on the left
# args: 7 3
# out: 1 1 1 1 18446744073709551611
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 5, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, if((if b > 1 do -5 else 5 end) < 0, do: 1, else: 0))
  x = s64(a)
  y = s64(b)
  put(1, if(-1 < (if b > 0 do y else x end), do: 1, else: 0))
  put(2, if(-10 >>> 5 < (if b > 0 do y else x end), do: 1, else: 0))
  put(3, if((cond do
    b > 1 -> -2
    true -> 2
  end) < -1, do: 1, else: 0))
  z = case a do
    7 -> -5
    _ -> 5
  end
  put(4, z)
  0
end
