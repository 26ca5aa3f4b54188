# Logger and bpf_printk with values in the text, more values than places, nil
use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  s = s64(a) - 10
  Logger.info("got #{a} and #{s + 1}: 100% \"#{a + 1}\"")
  bpf_printk("x #{s} %d", a)
  bpf_printk(["n %d", nil, a])
  Logger.error("plain")
  0
end
