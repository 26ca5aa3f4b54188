use Honey, license: "Dual BSD/GPL"
defstruct :event do
  field(:a, :u64)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  x = ctx.args[0]
  e = %event{a: 1}
  e = %{e | a: 2}
  e = %event{e | a: 2}
  x
end
