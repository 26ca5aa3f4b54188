# -O elide-self-update, and where it must not.
use Honey, license: "Dual BSD/GPL"

defstruct :stats do
  field(:count, :u64)
end

defmap(:stats_map, :bpf_hash, max_entries: 64, key_type: :u32, value_type: :stats)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  pid = bpf_get_current_pid_tgid() >>> 32
  stats = bpf_map_lookup_elem(:stats_map, pid)

  if stats != nil do
    stats.count = stats.count + 1
    bpf_map_update_elem(:stats_map, pid, stats, :bpf_any)
  end

  other = bpf_map_lookup_elem(:stats_map, 7)

  if other != nil do
    bpf_map_delete_elem(:stats_map, 7)
    # Not left out: the element was removed since.
    bpf_map_update_elem(:stats_map, 7, other, :bpf_any)
  end

  0
end
