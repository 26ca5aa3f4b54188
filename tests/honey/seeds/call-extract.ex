@sec "tracepoint/raw_syscalls/sys_enter"
def on_enter(ctx) do
  extract_pid(Honey.BpfHelpers.bpf_get_current_pid_tgid())
end
