defmodule M do
  def f(a) do
    x = )
    y = 1 +
  end

  def g(b do
    b
  end

  defmap(:m, :bpf_hash

  def h(a) do
    a = = 1
  end
end
