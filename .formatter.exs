# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# For `mix format`: what Honey calls without parentheses. Copy it beside a program of your own.
[
  inputs: ["bpf/**/*.ex"],
  locals_without_parens: [return: 1, fuel: 2]
]
