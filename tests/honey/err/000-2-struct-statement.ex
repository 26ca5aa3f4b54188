defstruct :a do
  field(:x, :u64)
  field(:x, :u32)
  y = 1
end
