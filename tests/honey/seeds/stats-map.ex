use Honey, license: "Dual BSD/GPL"

defstruct :mem_stats do
  field(:total_allocated, :u64)
  field(:last_update, :u64)
end

defmap(:mem_stats_map, :bpf_hash, max_entries: 10240, key_type: :u32, value_type: :mem_stats)

# Runs when a test asks for it: raw tracepoints can be run without an event.
@sec "raw_tp/sys_enter"
