# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Random expressions through Elixir's parser and honeyc's, for tests/honey/elixir.t. Usage:
#
#   elixir elixir.exs HONEYC FOLDER SEED COUNT
#
# Both trees are written in one form, (op a b); `cond` is nested ifs there, `in` comparisons and a pipe a call, as honeyc
# makes them. Where both accept a text and the trees differ, honeyc must have warned: what it does not warn about is
# silent, is made as small as it goes, and printed. The last line counts.
defmodule Gen do
  @binary ~w(+ - * / == != < > <= >= and or && || &&& ||| ^^^ <<< >>> =) ++ ["|>", "in", "not in", "===", "!=="]
  @unary ~w(- + not ! ~~~)

  def expr(0), do: leaf()

  def expr(depth) do
    case :rand.uniform(16) do
      n when n <= 6 -> {:bin, Enum.random(@binary), expr(depth - 1), expr(depth - 1), gap()}
      n when n <= 8 -> {:un, Enum.random(@unary), expr(depth - 1)}
      9 -> {:paren, expr(depth - 1)}
      10 -> {:call, Enum.random(~w(f g max div)), for(_ <- 1..:rand.uniform(2), do: expr(depth - 1)), :parens}
      11 -> {:call, Enum.random(~w(f g)), [expr(depth - 1)], :bare}
      12 -> {:if, Enum.random(~w(if unless)), expr(depth - 1), expr(depth - 1), expr(depth - 1), :do}
      13 -> {:if, Enum.random(~w(if unless)), expr(depth - 1), expr(depth - 1), expr(depth - 1), :comma}
      14 -> {:if, Enum.random(~w(if unless)), expr(depth - 1), expr(depth - 1), expr(depth - 1), :call}
      15 -> {:cond, for(_ <- 1..2, do: {expr(depth - 1), expr(depth - 1)}), expr(depth - 1)}
      16 -> {:case, expr(depth - 1), for(i <- 1..2, do: {i, expr(depth - 1)}), expr(depth - 1), Enum.random(["\n", "; "])}
    end
  end

  defp leaf do
    Enum.random([
      {:leaf, "a"}, {:leaf, "b"}, {:leaf, "c"}, {:leaf, "e.x"}, {:leaf, Enum.random(~w(0 7 1_000 0xff 0b101 0o17))},
      {:leaf, Enum.random(["?a", "?\\n", "?\\a", "?\\d", "?\\s", "?é", "?\\\\"])}, {:leaf, "true"}, {:leaf, "nil"},
      {:leaf, "f(" <> Enum.random([~S("a\x41\n"), ~S("\u{e9}é"), ~S("\"\\\e"), ~S("\a\b\d\f\v\s")]) <> ")"}
    ])
  end

  defp gap, do: Enum.random([{" ", " "}, {" ", " "}, {" ", " "}, {"", ""}, {" ", ""}, {" ", "\n"}, {"\n", " "}])

  def text({:leaf, s}), do: s
  def text({:bin, "=", _, r, {_, behind}}), do: "a =" <> pad(behind, true) <> text(r)
  def text({:bin, op, l, r, {before, behind}}) do
    word = op =~ ~r/[a-z]/
    if op == "|>", do: text(l) <> " |> " <> call_text(r), else: text(l) <> pad(before, word) <> op <> pad(behind, word) <> set(op, r)
  end
  def text({:un, op, e}), do: if(op == "not", do: "not ", else: op) <> text(e)
  def text({:paren, e}), do: "(" <> text(e) <> ")"
  def text({:call, f, args, :parens}), do: "#{f}(#{Enum.map_join(args, ", ", &text/1)})"
  def text({:call, f, args, :bare}), do: "#{f} #{Enum.map_join(args, ", ", &text/1)}"
  def text({:if, w, c, t, e, :do}), do: "#{w} #{text(c)} do\n#{text(t)}\nelse\n#{text(e)}\nend"
  def text({:if, w, c, t, e, :comma}), do: "#{w} #{text(c)}, do: #{text(t)}, else: #{text(e)}"
  def text({:if, w, c, t, e, :call}), do: "#{w}(#{text(c)}, do: #{text(t)}, else: #{text(e)})"
  def text({:cond, rows, last}), do: "cond do\n#{Enum.map_join(rows, "\n", fn {c, v} -> text(c) <> " -> " <> text(v) end)}\ntrue -> #{text(last)}\nend"
  def text({:case, s, rows, last, sep}), do: "case #{text(s)} do\n#{Enum.map_join(rows, sep, fn {p, v} -> "#{p} -> " <> text(v) end)}\n_ -> #{text(last)}\nend"

  defp pad("", true), do: " "
  defp pad(s, _), do: s
  defp set(op, r) when op in ["in", "not in"], do: if(rem(:erlang.phash2(r), 2) == 0, do: "1..5", else: "[1, a]")
  defp set(_, r), do: text(r)
  defp call_text({:call, _, _, :parens} = c), do: text(c)
  defp call_text(_), do: "f(2)"

  # Smaller forms of a text: a part of it in its place, or a name in place of a part.
  def smaller({:leaf, "a"}), do: []
  def smaller({:leaf, _}), do: [{:leaf, "a"}]
  def smaller(t), do: parts(t) ++ [{:leaf, "a"}] ++ replaced(t)

  defp parts({:bin, _, l, r, _}), do: [l, r]
  defp parts({:un, _, e}), do: [e]
  defp parts({:paren, e}), do: [e]
  defp parts({:call, _, args, _}), do: args
  defp parts({:if, _, c, t, e, _}), do: [c, t, e]
  defp parts({:cond, rows, last}), do: Enum.flat_map(rows, &Tuple.to_list/1) ++ [last]
  defp parts({:case, s, rows, last, _}), do: [s, last | Enum.map(rows, &elem(&1, 1))]

  defp replaced({:bin, op, l, r, g}), do: for(x <- smaller(l), do: {:bin, op, x, r, g}) ++ for(x <- smaller(r), do: {:bin, op, l, x, g})
  defp replaced({:un, op, e}), do: for(x <- smaller(e), do: {:un, op, x})
  defp replaced({:paren, e}), do: for(x <- smaller(e), do: {:paren, x})
  defp replaced({:call, f, [x | rest], s}), do: for(y <- smaller(x), do: {:call, f, [y | rest], s})
  defp replaced({:if, w, c, t, e, s}) do
    for(x <- smaller(c), do: {:if, w, x, t, e, s}) ++ for(x <- smaller(t), do: {:if, w, c, x, e, s}) ++ for(x <- smaller(e), do: {:if, w, c, t, x, s})
  end
  defp replaced({:cond, [{c, v} | rest], last}), do: for(x <- smaller(c), do: {:cond, [{x, v} | rest], last}) ++ for(x <- smaller(last), do: {:cond, [{c, v} | rest], x})
  defp replaced({:case, s, rows, last, sep}), do: for(x <- smaller(s), do: {:case, x, rows, last, sep}) ++ for(x <- smaller(last), do: {:case, s, rows, x, sep})
end

defmodule Theirs do
  @names %{&&: "and", ||: "or", !: "not", ===: "==", !==: "!="}

  def tree(text) do
    case Code.string_to_quoted(text, emit_warnings: false, existing_atoms_only: false) do
      {:ok, quoted} -> {:ok, show(quoted)}
      {:error, _} -> :error
    end
  end

  def show({:__block__, _, [one]}), do: show(one)
  def show({:__block__, _, many}), do: "(block #{Enum.map_join(many, " ", &show/1)})"
  def show([{k, _} | _] = keys) when is_atom(k), do: Enum.map_join(keys, " ", fn {k, v} -> "(#{k} #{show(v)})" end)
  def show(n) when is_integer(n), do: Integer.to_string(n)
  def show(a) when a in [nil, true, false], do: inspect(a)
  def show(s) when is_binary(s), do: inspect(s, binaries: :as_binaries)
  def show({:|>, _, [left, {name, meta, args}]}) when is_list(args), do: show({name, meta, [left | args]})
  def show({:+, _, [a]}), do: show(a)
  def show({:in, _, [x, {:.., _, [lo, hi]}]}), do: "(and (>= #{show(x)} #{show(lo)}) (<= #{show(x)} #{show(hi)}))"
  def show({:in, _, [x, list]}) when is_list(list), do: list |> Enum.map(&"(== #{show(x)} #{show(&1)})") |> Enum.reduce(&"(or #{&2} #{&1})")
  def show({w, _, [c, body]}) when w in [:if, :unless] and is_list(body), do: "(#{w} #{show(c)} #{Enum.map_join(body, " ", fn {_, v} -> show(v) end)})"
  def show({:cond, _, [[do: clauses]]}) do
    clauses |> Enum.reverse() |> Enum.reduce("", fn
      {:->, _, [[true], body]}, _ -> show(body)
      {:->, _, [[c], body]}, rest -> "(if #{show(c)} #{show(body)} #{rest})"
    end)
  end
  def show({:case, _, [s, [do: clauses]]}), do: "(case #{show(s)} #{Enum.map_join(clauses, " ", fn {:->, _, [[p], b]} -> "(-> #{show(p)} #{show(b)})" end)})"
  def show({name, _, ctx}) when is_atom(name) and is_atom(ctx), do: "#{name}"
  def show({op, _, args}) when is_atom(op), do: "(#{Map.get(@names, op, op)} #{Enum.map_join(args, " ", &show/1)})"
  def show({{:., _, [a, field]}, _, []}), do: "(. #{show(a)} #{field})"
  def show(other), do: "?#{inspect(other)}"
end

defmodule Ours do
  # What honeyc says of a text: its tree, whether it warned, or :error.
  def tree(text, honeyc, dir) do
    file = Path.join(dir, "text.ex")
    File.write!(file, "def t(a, b, c, e) do\n" <> text <> "\nend\n")
    {out, code} = System.cmd(honeyc, ["--emit=ast", "-o", file <> ".ast", file], stderr_to_stdout: true)
    if code == 0, do: {:ok, show(read(file <> ".ast")), out =~ "warning["}, else: :error
  rescue
    e in MatchError -> IO.puts("cannot read the tree of #{inspect(text)}: #{Exception.message(e)}"); :error
  end

  defp read(path) do
    [_, _ | lines] = path |> File.read!() |> String.split("\n", trim: true) |> Enum.drop_while(&(not String.starts_with?(&1, "def ")))
                     |> Enum.reject(&(&1 =~ ~r/^  param /)) |> then(&["" | &1])
    {[root | _], _} = nest(lines, 2)
    root
  end

  defp nest([line | rest] = all, indent) do
    here = byte_size(line) - byte_size(String.trim_leading(line))
    if here < indent do
      {[], all}
    else
      {below, rest} = nest(rest, here + 1)
      {beside, rest} = nest(rest, indent)
      {[{String.trim_leading(line) |> String.replace(~r/ @\d+:\d+$/, ""), below} | beside], rest}
    end
  end
  defp nest([], _), do: {[], []}

  defp show({"if " <> x, below}), do: show({x, below})
  defp show({"then " <> x, below}), do: show({x, below})
  defp show({"else " <> x, below}), do: show({x, below})
  defp show({"BLOCK", [one]}), do: show(one)
  defp show({"IF" <> w, below}), do: "(#{if w == "", do: "if", else: "unless"} #{Enum.map_join(below, " ", &show/1)})"
  defp show({"INT " <> n, _}), do: if(String.starts_with?(n, "0x"), do: n |> String.slice(2..-1//1) |> String.to_integer(16) |> Integer.to_string(), else: n)
  defp show({"NAME " <> n, _}), do: n
  defp show({"BOOL 1", _}), do: "true"
  defp show({"BOOL 0", _}), do: "false"
  defp show({"NIL", _}), do: "nil"
  defp show({"STRING " <> s, _}) do
    s |> String.slice(1..-2//1) |> then(&Regex.replace(~r/\\x(..)/, &1, fn _, hex -> <<String.to_integer(hex, 16)>> end)) |> inspect(binaries: :as_binaries)
  end
  # What `in` compares is kept in a name first.
  defp show({"BLOCK", [{"ASSIGN", [{"NAME value", []}, x]}, test]}), do: String.replace(show(test), "value", show(x))
  defp show({"FIELD " <> f, [a]}), do: "(. #{show(a)} #{f})"
  defp show({"ASSIGN", [a, b]}), do: "(= #{show(a)} #{show(b)})"
  defp show({"CASE", [s | clauses]}), do: "(case #{show(s)} #{Enum.map_join(clauses, " ", fn {_, [p, b]} -> "(-> #{show(p)} #{show(b)})" end)})"
  defp show({"BLOCK", many}), do: "(block #{Enum.map_join(many, " ", &show/1)})"
  defp show({line, below}) do
    [_, op] = String.split(line, " ", parts: 2)
    "(#{String.trim(op)} #{Enum.map_join(below, " ", &show/1)})"
  end
end

[honeyc, dir, seed, count] = System.argv()
:rand.seed(:exsss, String.to_integer(seed))

judge = fn t ->
  text = Gen.text(t)
  case {Theirs.tree(text), Ours.tree(text, honeyc, dir)} do
    {:error, :error} -> :both_refuse
    {{:ok, _}, :error} -> :honeyc_refuses
    {:error, {:ok, _, _}} -> :elixir_refuses
    {{:ok, same}, {:ok, same, _}} -> :same
    {{:ok, _}, {:ok, _, true}} -> :warned
    _ -> :silent
  end
end

shrink = fn shrink, t ->
  case Enum.find(Gen.smaller(t), &(judge.(&1) == :silent)) do
    nil -> t
    less -> shrink.(shrink, less)
  end
end

counts =
  for _ <- 1..String.to_integer(count), reduce: %{} do
    counts ->
      t = Gen.expr(:rand.uniform(4))
      verdict = judge.(t)
      if verdict == :silent do
        least = shrink.(shrink, t)
        text = Gen.text(least)
        IO.puts("silent: #{inspect(text)}: #{inspect(Theirs.tree(text))}, #{inspect(Ours.tree(text, honeyc, dir))}")
      end
      Map.update(counts, verdict, 1, &(&1 + 1))
  end

get = &Map.get(counts, &1, 0)
IO.puts("texts #{count} same #{get.(:same)} warned #{get.(:warned)} both_refuse #{get.(:both_refuse)} " <>
        "honeyc_refuses #{get.(:honeyc_refuses)} elixir_refuses #{get.(:elixir_refuses)} silent #{get.(:silent)}")
