use Honey, license: "GPL"
defmap(:a, :bpf_array, max_entries: 1, value_type: :u64)
@sec "raw_tp/sys_enter"
def on(ctx) do
  bpf_map_delete_elem(:a, 0)
end
