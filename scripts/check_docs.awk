# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Holds what is written for people against the tree. Input: the list of tracked files, then the documents. In Markdown:
# relative links lead to a file, and #anchors to a heading; text outside tables and code is at most 100 columns wide (only
# README.md and docs/). There and in manual pages: a path that begins with a folder of the tree names something in it. NAME,
# FOLDER and such words in capitals stand for anything, as * does; "(to come)" after a path excuses it wherever it stands.
# Prints "check: FILE:LINE: ..", and "maybe PATH FILE:LINE" for a path that is not in the tree: check_docs.sh has the last word.
FNR == 1 { input++; code = 0; self = FILENAME; here = FILENAME; sub(/[^\/]*$/, "", here) }
input == 1 {
	exists[$0] = 1
	path = $0
	while (sub(/\/[^\/]*$/, "", path)) exists[path] = exists[path "/"] = 1
	split($0, part, "/")
	if (index($0, "/")) top[part[1]] = 1
	next
}
# Where a heading is reached: GitHub's rule.
function slug(text) {
	gsub(/`|\*|\[|\]\([^)]*\)/, "", text)
	text = tolower(text)
	gsub(/[^a-z0-9 _\200-\377-]/, "", text)
	gsub(/ /, "-", text)
	return text
}
# "docs/../README.md" is README.md.
function plain(path) {
	while (sub(/[^\/]+\/\.\.\//, "", path)) ;
	gsub(/\/\.\//, "/", path)
	sub(/^\.\//, "", path)
	return path
}
function link(target,    file, anchor) {
	if (target ~ /^[a-z]+:/) return
	file = anchor = target
	sub(/#.*/, "", file)
	if (!sub(/^[^#]*#/, "", anchor)) anchor = ""
	file = file == "" ? self : plain(here file)
	if (!(file in exists)) print "check: " self ":" FNR ": the link to " target " leads nowhere"
	else if (anchor != "" && file ~ /\.md$/) wanted[file "#" anchor] = self ":" FNR
}
function named(path,    at, p, glob) {
	sub(/[.,:;]+$/, "", path)
	if (path in exists || plain(path) in exists) return
	at = self ":" FNR
	if (path ~ /[*?]|[A-Z][A-Z]+|\.\./) {
		glob = path
		gsub(/[.+]/, "[&]", glob)
		gsub(/[A-Z][A-Z_]+|\*/, "[^/]*", glob)
		for (p in exists)
			if (p ~ ("^" glob "$")) return
	}
	missing[++missed] = path
	where[missed] = at
}
function paths(text,    path, first, at) {
	while (match(text, /[A-Za-z0-9_.*-]+(\/[A-Za-z0-9_.*+-]+)+\/?/)) {
		path = substr(text, RSTART, RLENGTH)
		first = path
		sub(/\/.*/, "", first)
		at = substr(text, RSTART + RLENGTH)
		if (first in top && (RSTART == 1 || substr(text, RSTART - 1, 1) !~ /[\/$~}<>=]/)) {
			if (at ~ /^`? \(to come\)/) coming[path] = 1
			named(path)
		}
		text = at
	}
}
{ text = $0 }
self ~ /\.md$/ {
	if (/^```/) code = !code
	if (/^#+ / && !code) {
		s = text
		sub(/^#+ +/, "", s)
		s = slug(s)
		heading[self "#" s (self SUBSEP s in times ? "-" times[self, s] : "")] = 1
		times[self, s]++
	}
	if (!code) {
		s = text
		gsub(/`[^`]*`/, "", s)
		while (match(s, /\]\([^)]+\)/)) {
			link(substr(s, RSTART + 2, RLENGTH - 3))
			s = substr(s, RSTART + RLENGTH)
		}
		s = text
		gsub(/[\200-\277]/, "", s)
		if (length(s) > 100 && self ~ /^(README\.md|docs\/.*)$/ && !/^(\||    |\t|#|!\[)/ && !/^ *(- |\* |[0-9]+\. )?[^ ]+$/)
			print "check: " self ":" FNR ": " length(s) " columns: wrap it at 100 (scripts/wrap_docs.sh " self ")"
	}
}
self !~ /^results\// {
	gsub(/\]\([^)]*\)/, "]", text) # a link is checked as a link
	paths(text)
}
END {
	for (i = 1; i <= missed; i++)
		if (!(missing[i] in coming)) print "maybe " missing[i] " " where[i]
	for (w in wanted)
		if (!(w in heading)) print "check: " wanted[w] ": no heading is reached by " w
}
