#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# From the lines of includes.sh on stdin to the includes between folders, for circles.awk: FROM TO FILE:LINE INCLUDE.
set -u
exec awk '
$3 ~ /^"[^"]*\// {
	from = $1
	to = substr($3, 2, length($3) - 2)
	sub(/[^\/]*$/, "", from)
	sub(/[^\/]*$/, "", to)
	if (from != to) print from, to, $1 ":" $2, $3
}'
