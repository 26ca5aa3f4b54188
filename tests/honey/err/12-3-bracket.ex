use Honey, license: "Dual BSD/GPL"
defstruct :event do
  field(:a, :u64)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  x = ctx.args[0]
  y = ctx[:id]
  e = %event{a: 1}
  z = e[:a]
  x
end
