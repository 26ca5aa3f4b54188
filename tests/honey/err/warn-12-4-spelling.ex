use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  c = a | b
  d = a & b
  e = a ^^^ b
  f = ~~~5 + a / 2
  g = if a!=b, do: 1, else: 0
  h = a -1
  i = a -b
  j = a -(b)
  k = (a | b) + a - 1 + (a - b)
  y = 5
  l = case a do
    1 -> 0
    y -> y
  end
  unless a == y, do: c + d + e + f + g + h + i + j + k + l, else: 0
end
