@sec "tracepoint/raw_syscalls/sys_enter"
