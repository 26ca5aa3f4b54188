use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  s = "abc"
  t = {1, a}
  if a > 1 do
    s = "xyz"
    t = 5
    u = "inner"
    {u, v} = {1, 2}
    u + v
  end
  {1, s} = t
  t + s + u
end
