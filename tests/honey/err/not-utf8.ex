# café
def f(a), do: a
