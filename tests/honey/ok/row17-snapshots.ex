# Known not to be nil on both paths after an early return, or by a default.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  x = bpf_map_lookup_elem(:counts, 1)

  if x == nil do
    x = bpf_map_lookup_elem(:counts, 2)

    if x == nil do
      return 0
    end
  end

  y = bpf_map_lookup_elem(:counts, 3)

  if y == nil do
    y = 5
  end

  if x > 3 and y > 4 do
    return x + y
  end

  0
end
