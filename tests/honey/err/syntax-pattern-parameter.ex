def f(0) do
  1
end
