# as upstream's first programs are written: a map's kind among its options, a key by its size alone, the packet unsaid, a
# list put together, a number that stands for nothing between declarations
defmodule First do
  use Honey, license: "Dual BSD/GPL"

  printlist = [{"seen:", 0}]

  defmap(
    :Seen,
    %{type: BPF_MAP_TYPE_ARRAY, max_entries: 3, print: true, print_elem: printlist}
  )

  defmap(:seen, :bpf_hash, [max_entries: 64, key_size: :char6])
  defmap(:Kinds, %{max_entries: 8, type: BPF_MAP_TYPE_HASH})

  @sec "xdp_md"
  def main(_ctx) do
    Honey.Ethhdr.init()
    from = Honey.Ethhdr.h_source()
    n = Honey.BpfHelpers.bpf_map_lookup_elem(:seen, from, 0)
    Honey.BpfHelpers.bpf_map_update_elem(:seen, from, n + 1)
    rest = [1, nil]
    rest = [2 | rest]
    rest = [3 | [4 | rest]]
    [_three | more] = rest
    [four, two | _] = more
    seen = Honey.Bpf_helpers.bpf_map_lookup_elem(:Seen, 1)
    Honey.Bpf_helpers.bpf_map_update_elem(:Seen, 1, seen + four * 10 + two)
    if Honey.Ethhdr.ip_protocol() == Honey.Ethhdr.const_udp() do
      case Honey.Ethhdr.destination_port() do
        53 -> Honey.Ethhdr.set_destination_port(54)
        _ -> 0
      end

      Honey.Ethhdr.drop()
    else
      Honey.Ethhdr.pass()
    end
  end

  0
end
