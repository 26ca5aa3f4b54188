#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Wraps paragraphs and list items of Markdown that have a line of more than 100 columns; leaves tables, code, headings and
# all other paragraphs as they are. Usage: wrap_docs.sh FILE..
set -eu
for file; do
	LC_ALL=C awk -v wide=100 '
function width(s) { gsub(/[\200-\277]/, "", s); return length(s) }
function ticks(s) { return gsub(/`/, "", s) }
# The words of the block; what stands in backquotes, and what would begin a list or a heading, stays with the word before it.
function flush(    n, i, w, words, line, pad, open, out) {
	if (lines == 0) return
	if (!long || keep) {
		for (i = 1; i <= lines; i++) print block[i]
	} else {
		w = ""
		for (i = 1; i <= lines; i++) w = w " " block[i]
		sub(/^ +/, "", w)
		match(block[1], /^ */)
		line = substr(block[1], 1, RLENGTH)
		pad = line
		if (match(w, /^([-*]|[0-9]+\.) +/)) {
			line = line substr(w, 1, RLENGTH)
			w = substr(w, RLENGTH + 1)
			pad = sprintf("%" length(line) "s", "")
		}
		n = split(w, words, / +/)
		out = 0
		for (i = 1; i <= n; i++) {
			w = words[i]
			while (i < n && (ticks(w) % 2 || words[i + 1] ~ /^([-+*=#>|].?|[0-9]+[.)])$/)) w = w " " words[++i]
			if (out && width(line " " w) > wide) {
				print line
				line = pad w
			} else {
				line = line (out ? " " : "") w
			}
			out = 1
		}
		print line
	}
	lines = long = keep = 0
}
/^```/ { flush(); code = !code; print; next }
code { print; next }
/^[ \t]*$/ { flush(); print; next }
/^(    |\t)/ && (lines == 0) { print; next }
/^(#|\||<|!\[)/ { flush(); print; next }
/^ *([-*]|[0-9]+\.) / { flush() }
{
	block[++lines] = $0
	if (width($0) > wide) long = 1
	if (/  $/ || /\\$/) keep = 1
}
END { flush() }' "$file" >"$file.new"
	if cmp -s "$file" "$file.new"; then rm "$file.new"; else cat "$file.new" >"$file" && rm "$file.new"; fi
done
