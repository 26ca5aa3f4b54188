# -O exact-record.
use Honey, license: "Dual BSD/GPL"

defstruct :event do
  field(:at, :u64)
end

defmap(:events, :bpf_ringbuf, max_entries: 4096)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  event = bpf_ringbuf_reserve(:events, 24, 0)

  if event do
    event.at = 1
    bpf_ringbuf_submit(event)
  end

  0
end
