@sec "tracepoint/sched/sched_switch"
