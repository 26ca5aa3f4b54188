# 000 issue 3: bpf_for_each_map_elem, bpf_loop and their early end
# args: 0 0
# out: 10 4950 9 9 8 45
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
  sum = 0
  for i <- 0..9 do
    bpf_map_update_elem(:counts, i, i * 110)
  end
  n = bpf_for_each_map_elem(:counts, fn key, value ->
    sum = sum + value
  end)
  put(0, n)
  put(1, sum)
  steps = 0
  bpf_loop(100, fn i ->
    steps = steps + 1
    if i == 8 do
      return 1
    end
  end)
  put(2, steps)
  bpf_for_each_map_elem(:counts, fn key, value ->
    if value == 0 do
      return
    end
    bpf_map_delete_elem(:counts, key)
  end)
  left = 0
  bpf_for_each_map_elem(:counts, fn key, value ->
    left = left + 1
  end)
  put(3, 10 - left)
  nested = 0
  bpf_loop(2, fn i ->
    bpf_loop(4, fn j ->
      nested = nested + 1
    end)
  end)
  put(4, nested)
  down = 0
  for i <- 9..0//-1 do
    down = down + i
  end
  put(5, down)
  0
end
