use Honey, license: "GPL"
@sec "raw_tp/sys_enter"
def on(ctx), do: 0
@sec "raw_tp/sys_exit"
def on(ctx), do: 1
