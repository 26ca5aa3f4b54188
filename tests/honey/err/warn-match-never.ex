# a match that is known to fail ends the function, where Elixir raises an error
use Honey, license: "GPL"
defmap(:hits, :bpf_hash, max_entries: 64, key_type: :u32, value_type: :u64)
@sec "tracepoint/syscalls/sys_enter_munmap"
def go(_ctx) do
  [_a] = [1, 2]
  {1, b} = {1, 7}
  bpf_map_update_elem(:hits, 2, b)
  0
end
