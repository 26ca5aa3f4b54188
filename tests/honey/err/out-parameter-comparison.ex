use Honey, license: "GPL"

defstruct :event do
  field(:comm, :string, size: 16)
end

defmap(:stats, :bpf_hash, max_entries: 16, key_type: :u32, value_type: :event)

@sec "tracepoint/sched/sched_switch"
def on(ctx) do
  s = bpf_map_lookup_elem(:stats, 1)
  if s != nil do
    bpf_get_current_comm(1 == 2, 32)
  end
end
