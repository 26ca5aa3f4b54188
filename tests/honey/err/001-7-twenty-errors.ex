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
  a0 = b0
  a1 = b1
  a2 = b2
  a3 = b3
  a4 = b4
  a5 = b5
  a6 = b6
  a7 = b7
  a8 = b8
  a9 = b9
  a10 = b10
  a11 = b11
  a12 = b12
  a13 = b13
  a14 = b14
  a15 = b15
  a16 = b16
  a17 = b17
  a18 = b18
  a19 = b19
  a20 = b20
  a21 = b21
  a22 = b22
  a23 = b23
  a24 = b24
end
