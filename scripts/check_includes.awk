# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Holds includes against the two tables of docs/architecture.md. Input: that file, then the lines of includes.sh.
#
# The table of folders has the heading "| folder | .. | may include |". A row's folder and what it may include stand in
# backquotes and end in a slash; the folder itself is always allowed. "X/*/" is every folder below X/ that has no row of
# its own. "as `X/`" takes over what row X/ may, and X/ itself; a header may be named alone. Rows stand in the order of the
# data: a row that names a later one is an error. The table of libraries has the heading "| library | headers | rooms | ..":
# only files in those rooms (a folder, or a file) may include those headers.
function fail(where, what, rule, cure) {
	printf "check: %s %s\n  rule: %s\n  cure: %s\n", where, what, rule, cure
	bad = 1
}
# The backquoted words of a cell, in words[1..n].
function quoted(cell,    n) {
	n = 0
	while (match(cell, /`[^`]+`/)) {
		words[++n] = substr(cell, RSTART + 1, RLENGTH - 2)
		before[n] = substr(cell, 1, RSTART - 1)
		cell = substr(cell, RSTART + RLENGTH)
	}
	return n
}
function folder(file) {
	sub(/[^\/]*$/, "", file)
	return file
}
# The row that a folder falls under: its own, or that of the nearest X/*/ above it; "" when there is none.
function row_of(dir,    up) {
	if (dir in rank) return dir
	for (up = dir; sub(/[^\/]+\/$/, "", up) && up != "";)
		if ((up "*/") in rank) return up "*/"
	return ""
}
function folder_row(    row, n, i, dir, from) {
	quoted($2)
	row = words[1]
	if (row in rank) fail(doc ":" FNR ":", "row " row " stands there twice", "one row a folder", "make one row of the two")
	rank[row] = ++rows
	name[rows] = row
	coming[row] = $2 ~ /to come/
	may[row, row] = 1
	n = quoted($(NF - 1))
	for (i = 1; i <= n; i++) {
		dir = words[i]
		if (dir ~ /\/$/ && !(dir in rank)) {
			fail(doc ":" FNR ":", "row " row " may include " dir ", which has no row before it",
				"data moves to the right: a row names earlier rows only",
				"put the row of " dir " first, or turn the dependency round")
			continue
		}
		may[row, dir] = 1
		if (before[i] ~ /as $/)
			for (from = 1; from < rows; from++)
				if ((dir, name[from]) in may) may[row, name[from]] = 1
	}
	says[row] = $(NF - 1)
	gsub(/`|^ +| +$/, "", says[row])
}
function library_row(    n, i, lib) {
	lib = $2
	gsub(/^ +| +$|`/, "", lib)
	n = quoted($3)
	for (i = 1; i <= n; i++) owner[words[i]] = lib
	n = quoted($4)
	for (i = 1; i <= n; i++) {
		room[lib, words[i]] = 1
		if (index($4, "`" words[i] "` (to come)")) room_coming[lib, words[i]] = 1
		rooms[lib] = rooms[lib] (i > 1 ? " " : "") words[i]
	}
}
function has_room(lib, file,    dir) {
	dir = folder(file)
	if ((lib, file) in room || (lib, dir) in room) return 1
	for (; sub(/[^\/]+\/$/, "", dir) && dir != "";)
		if ((lib, dir "*/") in room) return 1
	return 0
}

FNR == 1 { input++; table = ""; FS = (input == 1) ? "|" : " "; $0 = $0 }
input == 1 {
	if (/^\| folder \|.*\| may include \|/) table = "folders"
	else if (/^\| library \| headers \| rooms \|/) table = "libraries"
	else if (!/^\|/) table = ""
	else if (/^\| `/ && table == "folders") folder_row()
	else if (!/^\| *(-|:)/ && table == "libraries") library_row()
	next
}
{
	file = $1
	line = $2
	inc = $3
	dir = folder(file)
	row = row_of(dir)
	if (!(dir in lives)) {
		lives[dir] = 1
		if (row == "")
			fail(file ":", "lies in " dir ", which has no row", "each folder with C files has a row in " doc,
				"add the row between what it may include and what may include it")
		else
			lives_row[row] = 1
	}
	if (inc == "") next
	if (inc ~ /^</) {
		lib = (inc in owner) ? owner[inc] : ""
		if (lib != "") used[lib, file] = 1
		if (lib != "" && !has_room(lib, file))
			fail(file ":" line ":", "includes " inc, lib " is for " rooms[lib] " alone",
				"ask one of these for what you need; a new room goes into the table of libraries in " doc)
		next
	}
	target = substr(inc, 2, length(inc) - 2)
	if (!(file in first)) first[file] = target
	if (target !~ /\//) next # generated
	to = row_of(folder(target))
	if (row == "" || (row, to) in may || (row, target) in may || folder(target) == dir) next
	fail(file ":" line ":", "includes " inc, row " may include " \
		(says[row] == "" ? "nothing but itself" : "itself and: " says[row]),
		to == "" ? "there is no row for " folder(target) ": spell the include from the root of the tree" : \
		"have " dir " told by its caller, or move what both need to an earlier folder; else change its row in " doc)
}
END {
	if (!rows) fail(doc ":", "has no table of folders", "the include rule is read there", "give it the heading | folder | .. | may include |")
	for (i = 1; i <= rows; i++)
		if (!(name[i] in lives_row) && !coming[name[i]])
			fail(doc ":", "row " name[i] " is of a folder without C files", "the table says what is there",
				"remove the row, or mark it (to come)")
	for (pair in room) {
		split(pair, part, SUBSEP)
		if (part[2] ~ /\.[ch]$/ && !(pair in used) && !(pair in room_coming))
			fail(doc ":", "gives " part[2] " a room for " part[1] ", whose headers it does not include",
				"the table says what is there", "remove the name, or mark it (to come)")
	}
	for (file in first)
		if (file ~ /\.c$/ && file !~ /\.bpf\.c$/ && file !~ /^tests\/(fixtures|honey)\// && first[file] != "lib/base.h")
			fail(file ":", "includes \"" first[file] "\" first", "\"lib/base.h\" is the first include of every .c file of user space",
				"put it there: it defines what libc's headers need to know")
	exit bad
}
