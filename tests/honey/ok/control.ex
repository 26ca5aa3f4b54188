# cond, unless, case with nil and guards, for, pipes, constants, values of blocks, early return.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@limit 10
@names_in_octal 0o17

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  a = ctx.args[0]
  kind = cond do
    a > @limit and a < 20 -> 1
    a == 0 or not (a != 5) -> 2
    true -> 3
  end

  unless kind == 3 do
    a = a + @names_in_octal
  end

  case kind do
    1 -> put(a)
    2 ->
      b = a * 2
      put(b)
    _ -> put(0)
  end

  found = case bpf_map_lookup_elem(:counts, 1) do
    nil -> 0
    n when n > 100 -> 100
    n -> n
  end

  total = 0
  for i <- 0..8//2 do
    total = total + i
  end
  for i <- 3..1//-1, do: total = total - i

  if found > 0, do: total = 0, else: total = total |> div(3) |> max(1)
  if(total == 7, do: 1, else: 0)
end

defp put(value) do
  if value == 0 do
    return
  end
  bpf_map_update_elem(:counts, 1, value)
end
