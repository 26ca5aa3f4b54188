# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Finds circles in a graph. Input: FROM TO EXAMPLE.. (a line for each edge, the first example is kept). Output, for each
# knot of nodes that reach each other, one shortest circle through it: "a b c a", then a tab and the example of each step.
{
	node[$1] = node[$2] = 1
	if ($1 == $2 || ($1, $2) in edge) next
	edge[$1, $2] = substr($0, length($1) + length($2) + 3)
	reach[$1, $2] = 1
}
# The shortest way from a node to itself, breadth first.
function circle(start,    at, head, tail, queue, from, n, way, said, step) {
	queue[0] = start
	for (head = tail = 0; head <= tail; head++) {
		at = queue[head]
		if ((at, start) in edge) break
		for (n in node)
			if ((at, n) in edge && !(n in from) && n != start) {
				from[n] = at
				queue[++tail] = n
			}
	}
	way = start
	step = start
	for (;;) {
		said = "\t" edge[at, step] said
		way = at " " way
		knotted[at] = 1
		if (at == start) break
		step = at
		at = from[at]
	}
	print way said
}
END {
	for (k in node)
		for (i in node)
			if ((i, k) in reach)
				for (j in node)
					if ((k, j) in reach) reach[i, j] = 1
	for (;;) { # by name, so that the same tree says the same
		first = ""
		for (n in node)
			if ((n, n) in reach && !(n in done) && (first == "" || n < first)) first = n
		if (first == "") break
		circle(first)
		for (n in node)
			if (n == first || ((first, n) in reach && (n, first) in reach)) done[n] = 1
	}
}
