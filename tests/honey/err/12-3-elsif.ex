use Honey, license: "Dual BSD/GPL"
defstruct :event do
  field(:a, :u64)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  x = ctx.args[0]
  if x > 3 do
    y = 1
  elsif x > 2 do
    y = 2
  else
    y = 3
  end
  x
end
