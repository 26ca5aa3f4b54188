@sec "raw_tp/sys_enter"
def on(ctx), do: 0
