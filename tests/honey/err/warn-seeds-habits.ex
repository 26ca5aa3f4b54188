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
  pid_tgid = bpf_get_current_pid_tgid()
  pid = pid_tgid & 0xFFFFFFFF
  tgid = pid_tgid >> 32
  s = bpf_map_lookup_elem(:stats, pid)
  if s != nil do
    s.size = s.size - tgid
    bpf_map_update_elem(:stats, pid, s, :bpf_any)
  end
  event = bpf_ringbuf_reserve(:events, 64, 0)
  if event != nil do
    event.ts = 1
    event.comm = "x"
    bpf_ringbuf_submit(event, 0)
  end
end
