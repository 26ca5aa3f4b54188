use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  bpf_printk("\x{110000}|\u12|\0|\xg")
  bpf_printk("""one line""")
end
