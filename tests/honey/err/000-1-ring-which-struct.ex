use Honey, license: "GPL"
defstruct :a do
  field(:x, :u64)
end
defstruct :b do
  field(:x, :u64)
end
defmap(:r, :bpf_ringbuf, max_entries: 5000)
defmap(:q, :bpf_ringbuf, max_entries: 4096)
@sec "raw_tp/sys_enter"
def on(ctx) do
  e = bpf_ringbuf_reserve(:q, 8, 0)
  if e != nil do
    e.x = 1
    bpf_ringbuf_submit(e, 0)
  end
end
