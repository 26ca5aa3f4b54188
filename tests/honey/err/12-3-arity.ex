use Honey, license: "Dual BSD/GPL"
defp add(a, b), do: a + b
@sec "raw_tp/sys_enter"
def run(ctx) do
  add(1)
end
