# Stacks, memory of kernel and user, storage per task.
use Honey, license: "Dual BSD/GPL"

defstruct :sample do
  field(:bytes, :u32)
  field(:first, :u64)
  field(:text, :string, size: 32)
  field(:stack, :u64, count: 16)
end

defmap(:stacks, :bpf_stack_trace, max_entries: 64)
defmap(:scratch, :bpf_percpu_array, max_entries: 1, value_type: :sample)
defmap(:per_task, :bpf_task_storage, value_type: :u64)

@sec "tp_btf/sys_enter"
def on_enter(ctx) do
  sample = bpf_map_lookup_elem(:scratch, 0)

  if sample == nil do
    return 0
  end

  id = bpf_get_stackid(ctx, :stacks, 256)
  sample.bytes = bpf_get_stack(ctx, sample.stack, 128, 0)
  bpf_probe_read_kernel(sample.first, 8, ctx.args[0])
  bpf_probe_read_user_str(sample.text, 32, ctx.args[1])
  count = bpf_task_storage_get(:per_task, bpf_get_current_task_btf(), 0, 1)

  if count != nil do
    bpf_printk("%d calls, stack %d", count, id)
  end

  0
end
