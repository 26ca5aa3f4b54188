# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Finds functions in C files as clang-format leaves them (a body is the lines between "{" and "}" that begin a line; the
# signature begins after the last blank line, comment, preprocessor line or end of a statement). Prints LINES FILE:LINE NAME.
FNR == 1 { forget() }
function forget() { start = 0; signature = "" }
function name_of(text) {
	if (!match(text, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) return ""
	text = substr(text, RSTART, RLENGTH)
	sub(/[ \t]*\($/, "", text)
	return text
}
body {
	if (/^}/) {
		print FNR - start + 1, FILENAME ":" start, name
		body = 0
		forget()
	}
	next
}
/^{$/ {
	name = name_of(signature)
	if (name == "") forget()
	else body = 1
	next
}
/^$/ || /^#/ || /^\/[\/*]/ || /^ \*/ || /[;}][ \t]*$/ || /\*\/$/ { forget(); next }
{
	if (!start) start = FNR
	signature = signature " " $0
}
