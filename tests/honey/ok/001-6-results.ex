# Results of map operations are checked; early return; a default for a missing key.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  if bpf_map_update_elem(:counts, 1, 1, :bpf_noexist) != 0 do
    count = bpf_map_lookup_elem(:counts, 1)

    if count == nil do
      return 1
    end

    bpf_map_update_elem(:counts, 1, count + 1, :bpf_exist)
  end

  bpf_map_lookup_elem(:counts, 2) || 0
end
