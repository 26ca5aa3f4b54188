def f({a, b}) do
  a + b
end
