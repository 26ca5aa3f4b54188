# Kinds of programs and helpers beside each other: a histogram, per-CPU elements, storage per task, strings in printk.
use Honey, license: "GPL"
defmap(:m, :bpf_hash, max_entries: 8, key_type: :u32, value_type: :u64)
defmap(:n, :bpf_percpu_hash, max_entries: 8, key_type: :u64, value_type: :u8)
defmap(:t, :bpf_task_storage, value_type: :u64)

@sec "xdp"
def x(ctx) do
  bpf_map_update_elem(:n, 1, 200)
  2
end
@sec "tracepoint/syscalls/sys_exit_read"
def e(ctx) do
  if ctx.ret < 0, do: return
  hist = 0
  v = ctx.ret
  for i <- 0..31 do
    if v > 0 do
      hist = hist + 1
      v = v >>> 1
    end
  end
  old = bpf_map_lookup_elem(:m, hist, 0)
  bpf_map_update_elem(:m, hist, old + 1)
  pc = bpf_map_lookup_percpu_elem(:n, 1, 0)
  if pc != nil do
    bpf_printk("%d", pc)
  end
end
@sec "tp_btf/sched_switch"
def s(ctx) do
  task = bpf_get_current_task_btf()
  c = bpf_task_storage_get(:t, task, 0, 1)
  if c != nil and c > 3 do
    bpf_task_storage_delete(:t, task)
  end
  cg = bpf_get_current_ancestor_cgroup_id(1)
  bpf_printk("%x %lu", cg, bpf_jiffies64())
end
@sec "perf_event"
def p(ctx) do
  bpf_printk("100%% %s", "x")
end
