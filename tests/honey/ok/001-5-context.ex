# Fields of contexts by name and by index, also in a helper that is handed ctx.
use Honey, license: "Dual BSD/GPL"

@sec "tracepoint/syscalls/sys_enter_mmap"
def on_mmap(ctx) do
  ctx.len + ctx.args[3]
end

@sec "tracepoint/syscalls/sys_exit_mmap"
def on_mmap_exit(ctx), do: ctx.ret

@sec "tracepoint/sched/sched_switch"
def on_switch(ctx) do
  if ctx.prev_state == 0 and ctx.prev_pid > 0 do
    bpf_printk("%s gives way to %s", ctx.prev_comm, ctx.next_comm)
  end

  later(ctx)
end

defp later(ctx) do
  ctx.next_prio
end
