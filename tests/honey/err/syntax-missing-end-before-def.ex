defmodule M do
  def f(a) do
    a + 1

  def g(b) do
    b
  end
end
