# Records reserved by one helper and sent by another: what no one is seen to set is zeroed.
use Honey, license: "Dual BSD/GPL"

defstruct :event do
  field(:a, :u64)
  field(:b, :u32)
end

defmap(:events, :bpf_ringbuf, max_entries: 4096)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  event = make(ctx.args[1])

  if event != nil do
    send(event, 3)
  end

  own = bpf_ringbuf_reserve(:events, :event)

  if own != nil do
    own.a = 1
    send(own, 4)
  end

  0
end

defp make(a) do
  event = bpf_ringbuf_reserve(:events, :event)

  if event != nil do
    event.a = a
  end

  event
end

defp send(event, b) do
  event.b = b
  bpf_ringbuf_submit(event)
end
