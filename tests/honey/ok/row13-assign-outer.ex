# = in a block assigns the variable outside it; a number of a map is copied right after its check.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  ktime = 0
  kstart = bpf_map_lookup_elem(:counts, 1)

  if kstart != nil do
    ktime = kstart
    bpf_map_delete_elem(:counts, 1)
  end

  ktime
end
