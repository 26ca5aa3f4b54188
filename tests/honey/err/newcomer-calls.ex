# the helper is right and its module is not; a field's text; a packet is no struct
use Honey, license: "GPL"
defstruct :seen do
  field(:comm, :string, size: 16)
  field(:n, :u64)
end
defmap(:hits, :bpf_hash, max_entries: 64, key_type: :u32, value_type: :u64)
@sec "tracepoint/syscalls/sys_enter_munmap"
def go(ctx) do
  pid = Honey.BpfHelper.bpf_get_current_pid_tgid() >>> 32
  s = %seen{n: 1, n: 2}
  bpf_get_current_comm(s.comm, 16)
  if s.comm == "sh" do
    bpf_map_update_elem(:hits, pid, "one")
  end
  bpf_map_update_elem(:hits, ctx, s.n)
  total = total + 1
  none = nil
  none + 1
end
@sec "xdp"
def filter(ctx) do
  packet = Honey.Ethhdr.init(ctx)
  if packet.ip_protocol == packet.const_udp, do: Honey.XDP.drop(), else: Honey.XDP.pass()
end
