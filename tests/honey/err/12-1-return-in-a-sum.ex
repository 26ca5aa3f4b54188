use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  return(a) + 1
end
