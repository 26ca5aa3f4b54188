use Honey, license: "Dual BSD/GPL"
defstruct :event do
  field(:a, :u64)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  x = ctx.args[0]
  y = if 5 in x, do: 1, else: 2
  z = x in ..
  x
end
