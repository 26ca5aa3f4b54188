# Forward references; names that are words of C.
use Honey, license: "Dual BSD/GPL"

@sec "raw_tp/sys_enter"
def on_enter(ctx), do: twice(ctx.args[1]) |> plus(3)

defp twice(int), do: plus(int, int)
defp plus(int, while), do: int + while
