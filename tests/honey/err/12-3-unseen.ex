use Honey, license: "Dual BSD/GPL"
@sec "raw_tp/sys_enter"
def run(ctx) do
  a = 1
  b​ = 2
  c ⁦= 3
  d = 4  e = 5
  f = 6 # ‮ x
  bpf_printk("‮")
  日本 = nam + 1 # é
  g　= 1
end
