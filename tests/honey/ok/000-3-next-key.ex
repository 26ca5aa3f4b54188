# Iteration as the seeds write it.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def cleanup_old_entries() do
  limit = bpf_ktime_get_ns() - 1_000_000_000
  # What follows runs once for every key.
  Honey.BpfHelpers.bpf_map_get_next_key(:counts, nil, current_key)
  seen = Honey.BpfHelpers.bpf_map_lookup_elem(:counts, current_key)

  if seen != nil and seen < limit do
    Honey.BpfHelpers.bpf_map_delete_elem(:counts, current_key)
  end
end
