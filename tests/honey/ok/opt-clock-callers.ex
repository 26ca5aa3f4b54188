# -O reuse-clock: a helper called from handlers, from another helper and from a callback.
use Honey, license: "Dual BSD/GPL"

defmap(:seen, :bpf_hash, max_entries: 64, key_type: :u32, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  touch(1)
  touch(2)
  again(3)
  bpf_loop(4, fn i ->
    touch(i)
  end)
  0
end

@sec "raw_tp/sys_exit"
def on_exit(ctx) do
  touch(5)
  0
end

defp again(key) do
  touch(key)
  bpf_map_delete_elem(:seen, key)
end

defp touch(key) do
  bpf_map_update_elem(:seen, key, bpf_ktime_get_ns())
end
