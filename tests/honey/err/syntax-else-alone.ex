def f(a) do
  if a > 1, else: 2
  for i <- 0..3, else: 3
end
