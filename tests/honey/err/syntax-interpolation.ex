use Honey, license: "GPL"
defstruct :event do
  field(:ts, :u64)
  field(:size, :u32)
  field(:comm, :string, size: 16)
end
defmap(:counts, :bpf_hash, max_entries: 16, key_type: :u32, value_type: :u64)
defmap(:stats, :bpf_hash, max_entries: 16, key_type: :u32, value_type: :event)
defmap(:events, :bpf_ringbuf, max_entries: 4096)
@sec "tracepoint/sched/sched_switch"
def on(ctx) do
  e = %event{comm: "pid #{ctx.prev_pid}"}
end
