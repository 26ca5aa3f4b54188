use Honey, license: "GPL"
defstruct :big do
  field(:text, :string, size: 600)
end
@sec "raw_tp/sys_enter"
def on(ctx) do
  b = %big{text: "x"}
  bpf_printk("%s", b.text)
  0
end
