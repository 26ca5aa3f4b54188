# words and operators of Elixir and of other languages
use Honey, license: "GPL"
@sec "tracepoint/syscalls/sys_enter_munmap"
def one(ctx) do
  import Bitwise
  a = ctx.len > 3 ? 1 : 2
  // no comment
  b = ctx.len ** 2
  c = "a" <> "b"
  with {:ok, x} <- a do
    x
  end
  while (a > b) do
    c
  end
  a = b when b > 1
  0
end
