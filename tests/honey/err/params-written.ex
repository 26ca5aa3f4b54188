use Honey, license: "GPL"
defparam(:limit, :u64, 1 + x)
defparam(:kind, :thing, 0)
@sec "raw_tp/sys_enter"
def on(ctx) do
  kind = 3
  kind
end
