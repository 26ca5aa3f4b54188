@sec "tracepoint/raw_syscalls/sys_enter"
def on_enter(ctx) do
  get_current_pid()
end
