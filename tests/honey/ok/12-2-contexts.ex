# named fields of perf_event, tc, cgroup_skb and xdp
use Honey, license: "Dual BSD/GPL"
@sec "perf_event"
def on_p(ctx) do
  bpf_printk("%d", ctx.sample_period)
end
@sec "tc"
def on_tc(ctx) do
  bpf_printk("%d", ctx.len)
end
@sec "cgroup_skb/egress"
def on_e(ctx) do
  if ctx.len > 100, do: 1, else: 1
end
@sec "xdp"
def on_x(ctx) do
  if ctx.rx_queue_index == 0, do: Honey.XDP.pass(), else: Honey.XDP.drop()
end
