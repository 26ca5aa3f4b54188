use Honey, license: "Dual BSD/GPL"
defstruct :event do
  field(:a, :u64)
end
@sec "raw_tp/sys_enter"
def run(ctx) do
  x = ctx.args[0]
  y = Enum.zip(1..3, 2..4)
  z = String.upcase("a")
  Map.put(x, 1, 2)
  Process.send(1, 2)
  x
end
