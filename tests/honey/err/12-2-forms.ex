use Honey, license: "Dual BSD/GPL"
defp f(x), do: f(x - 1) + x
defp g(a \\ 1, b), do: a + b
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = if a in [], do: 1, else: 2
  c = Enum.sum(a)
  d = Enum.zip(1..3, 2..4)
  e = Integer.pow(2, a)
  h = fuel(100, f(a))
  i = Enum.each(1..3, fn x, y -> x + y end)
  j = &(1 + 2)
  0
end
