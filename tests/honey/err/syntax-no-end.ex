defmodule M do
  def f(a) do
    if a > 1 do
      0
  end
end
