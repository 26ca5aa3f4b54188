use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  x = case a do
    1 -> 1
    2 -> 5
  end
  y = case a do
    1 -> 1
    n when n > 5 -> 2
  end
  x + y
end
