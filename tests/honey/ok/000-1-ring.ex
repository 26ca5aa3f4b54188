# Ring buffers: reserve, submit, discard, output, query; a record larger than its struct has a zeroed tail.
use Honey, license: "Dual BSD/GPL"

defstruct :event do
  field(:at, :u64)
  field(:kind, :u8)
  field(:comm, :string, size: 16)
end

defmap(:events, :bpf_ringbuf, max_entries: 262144)

@sec "tracepoint/syscalls/sys_enter_brk"
def on_brk(ctx) do
  event = bpf_ringbuf_reserve(:events, :event)

  if event != nil do
    event.at = bpf_ktime_get_ns()
    event.kind = 4
    bpf_get_current_comm(event.comm, 16)

    if ctx.brk == 0 do
      bpf_ringbuf_discard(event)
    else
      bpf_ringbuf_submit(event, 0)
    end
  end

  0
end

@sec "tracepoint/syscalls/sys_enter_munmap"
def on_munmap(ctx) do
  event = bpf_ringbuf_reserve(:events, 64, 0)

  if event == nil do
    return 0
  end

  fill(event, 3)
  bpf_ringbuf_submit(event, 0)
  copy = %event{at: 1, kind: 1, comm: "copied"}
  bpf_ringbuf_output(:events, copy)
  bpf_ringbuf_query(:events, 0)
end

defp fill(event, kind) do
  event.at = bpf_ktime_get_ns()
  event.kind = kind
  event.comm = "munmap"
end
