# -O update-in-place, and where it must not.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  key = bpf_get_current_pid_tgid() >>> 32
  n = bpf_map_lookup_elem(:counts, key)

  if n != nil do
    bpf_map_update_elem(:counts, key, n + 1, :bpf_any)
    key = key + 1
    # Another key now.
    bpf_map_update_elem(:counts, key, n, :bpf_any)
  else
    bpf_map_update_elem(:counts, key, 1, :bpf_noexist)
  end

  0
end
