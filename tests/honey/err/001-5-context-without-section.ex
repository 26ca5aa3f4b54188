use Honey, license: "GPL"
def on(ctx) do
  ctx.prev_pid
end
