def f(a) do
  if a > 1 do
    1
  else
    2
  else
    3
  end
end
