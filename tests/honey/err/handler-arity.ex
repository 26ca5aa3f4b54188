use Honey, license: "GPL"
@sec "raw_tp/sys_enter"
def on(a, b) do
  0
end
