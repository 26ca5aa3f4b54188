defstruct :a do
  field(:x, :u64)
  field(:c, :string)
  field(:t, :thing)
  field(:n, :a)
end
defstruct :e do
end
