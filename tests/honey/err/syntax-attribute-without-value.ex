defmodule M do
  @sec
  def f(ctx) do
    0
  end
end
