# Shifts, and, or, xor and not, in Elixir's spelling and in the seeds'; a masked id is a u32.
use Honey, license: "Dual BSD/GPL"

defmap(:counts, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  ids = bpf_get_current_pid_tgid()
  tid = ids &&& 0xFFFFFFFF
  pid = ids >>> 32
  mixed = (tid <<< 40 ||| pid) ^^^ ~~~ids
  seed_style = ids & 0xFF
  seed_shift = ids >> 8
  bpf_map_update_elem(:counts, tid, mixed + seed_style * seed_shift)
  bnot(band(ids, bor(1, bsl(pid, 3))))
end
