# Several handlers, each of its own kind.
defmodule Handlers do
  use Honey, license: "Dual BSD/GPL"

  @sec "tracepoint/sched/sched_switch"
  def on_switch(ctx) do
    ctx.prev_pid
  end

  @sec "raw_tp/sys_enter"
  def on_enter(ctx) do
    ctx.args[1]
  end

  @sec "tp_btf/sched_process_exit"
  def on_exit(ctx) do
    bpf_printk("task at %x", ctx.args[0])
    1
  end

  @sec "perf_event"
  def on_sample(ctx), do: 0
end
