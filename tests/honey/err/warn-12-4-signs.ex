use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  s = s64(b)
  x = s64(a) - 3
  if x < 0 do
    x = a
  end
  c = (if a > -1 do 1 else 0 end) + (if a - 8 < 0 do 1 else 0 end)
  d = max(a, -1) + div(s, a) + rem(a, s) + (s ||| a)
  e = bnot(a)
  f = a &&& bnot(b)
  g = (a + s) * (a - s)
  h = 0xffffffffffffffff + 1
  case a do
    -1 -> c + d + e + f + g + h
    _ -> x
  end
end
