# packets of xdp: Honey.XDP, Honey.Ethhdr, a key of six bytes
use Honey, license: "Dual BSD/GPL"
defmap(:seen, :bpf_hash, max_entries: 64, key_size: :char6, value_type: :u64)
@sec "xdp_md"
def main(ctx) do
  eth = Honey.Ethhdr.init(ctx)
  mac = Honey.Ethhdr.h_source(eth)
  n = Honey.BpfHelpers.bpf_map_lookup_elem(:seen, mac, 0)
  Honey.BpfHelpers.bpf_map_update_elem(:seen, mac, n + 1)
  if Honey.Ethhdr.ip_protocol(eth) == Honey.Ethhdr.const_udp() do
    if Honey.Ethhdr.destination_port(eth) == 53 and ctx.ingress_ifindex == 1 do
      Honey.Ethhdr.set_destination_port(eth, 54)
    end
    Honey.XDP.drop()
  else
    Honey.XDP.pass()
  end
end
