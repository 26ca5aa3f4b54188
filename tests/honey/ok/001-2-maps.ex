# Every kind of map, keys and values of every width, structs as both.
use Honey, license: "Dual BSD/GPL"

defstruct :key do
  field(:pid, :u32)
  field(:cpu, :u16)
end

defstruct :seen do
  field(:count, :u64)
  field(:delta, :s32)
end

defmap(:hash, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :u64)
defmap(:by_struct, :bpf_lru_hash, [max_entries: 16 * 64, key_type: :key, value_type: :seen])
defmap(:slots, :bpf_array, max_entries: 4, value_type: :s16)
defmap(:per_cpu, :bpf_percpu_hash, max_entries: 64, key_type: :u64, value_type: :seen)
defmap(:per_cpu_slots, :bpf_percpu_array, max_entries: 1, value_type: :u64)
defmap(:ring, :bpf_ringbuf, max_entries: 1 <<< 16)
defmap(:stacks, :bpf_stack_trace, max_entries: 128)
defmap(:per_task, :bpf_task_storage, value_type: :seen)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  cpu = bpf_get_smp_processor_id()
  bpf_map_update_elem(:by_struct, %key{pid: 1, cpu: cpu}, %seen{count: 1, delta: -1})
  bpf_map_update_elem(:slots, 1, -5)
  bpf_map_delete_elem(:per_cpu, ctx.args[1])
  0
end
