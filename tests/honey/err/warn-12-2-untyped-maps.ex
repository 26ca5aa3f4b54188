defmodule Count do
  use Honey, license: "Dual BSD/GPL"
  alias Honey.BpfHelpers, as: B
  printlist = [{"a", 1}]
  defmap(:out, :bpf_array, max_entries: 4, print: true)
  defmap(:calls, :bpf_hash, max_entries: 16, print: true, print_elem: [{"kill", 62}])
  defmap(:macs, :bpf_hash, max_entries: 16, key_size: :char6, value_type: :u64)
  @sec "raw_tp/sys_enter"
  def main(ctx) do
    id = ctx.args[0]
    n = Honey.BpfHelpers.bpf_map_lookup_elem(:calls, id)
    Honey.BpfHelpers.bpf_map_update_elem(:calls, id, n + 1)
    Honey.BpfHelpers.bpf_map_update_elem(:macs, id, n + 1)
    return = n + 5
    Honey.BpfHelpers.bpf_map_update_elem(:out, 0, return)
    Honey.BpfHelpers.bpf_printk(["n %d", n, id])
    return
  end
end
