use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  bpf_printk("日本語"); nam
  bpf_printk("étude 🐝"); other
end
