use Honey, license: "GPL"
defmap(:mem_stats_map, :bpf_hash, max_entries: 16, key_type: :u32, value_type: :u64)
@sec "raw_tp/sys_enter"
def cleanup_old_entries() do
  Honey.BpfHelpers.bpf_map_get_next_key(:mem_stats_map, nil, current_key)
  Honey.BpfHelpers.bpf_map_delete_elem(:mem_stats_map, old_key)
end
