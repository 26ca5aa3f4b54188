@sec "tracepoint/raw_syscalls/sys_enter"
def on_enter(ctx) do
  safe_map_update(:user_time, Honey.BpfHelpers.bpf_get_current_pid_tgid() >>> 32, 1)
  safe_map_update(:kernel_time, 1, 2)
end
