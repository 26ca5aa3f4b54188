use Honey, license: "Proprietary"
@sec "raw_tp/sys_enter"
def on(ctx) do
  bpf_printk("hello")
  0
end
