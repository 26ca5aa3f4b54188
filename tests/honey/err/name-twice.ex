defstruct :a do
  field(:x, :u64)
end
defstruct :a do
  field(:x, :u64)
end
