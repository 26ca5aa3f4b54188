use Honey, license: "GPL"
@sec "tracepoint/syscalls/sys_enter_mmap"
def on(ctx) do
  x = ctx.args[6]
  y = ctx.args[x]
  x + y + ctx.lenn
end
