use Honey, license: "Dual BSD/GPL"
@sec "xdp"
def on_x(ctx) do
  ctx.rx_queue_idx
end
@sec "tc"
def on_t(ctx) do
  Honey.Ethhdr.ip_protocol(ctx)
end
@sec "kprobe/do_nanosleep"
def on_k(ctx) do
  ctx.di
end
