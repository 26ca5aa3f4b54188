use Honey, license: "a\"b"
defmap(:register, :bpf_array, max_entries: 1, value_type: :u64)
defmap(:"two words", :bpf_array, max_entries: 1, value_type: :u64)
defmap(:on, :bpf_array, max_entries: 1, value_type: :u64)
defstruct :bpf_printk do
  field(:default, :u64)
end
defstruct :größe do
  field(:__u64, :u64)
end
@sec "raw_tp/sys_enter"
def on(ctx), do: 0
@sec "raw_tp/sys_exit"
def ok?(ctx), do: 0
