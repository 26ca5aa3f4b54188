#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every view looks as it did when somebody looked at it, on a small and on a huge terminal.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh
set -u
. tests/lib.sh
. tests/ui/term.sh

for size in 80x24 200x60; do
	w=${size%x*} h=${size#*x}
	screen_start "$w" "$h" frames=12
	wait_for firefox
	golden "table-$size"
	keys t
	wait_for 'tree: sums'
	golden "tree-$size"
	keys t
	gone "the tree goes" 'tree: sums'
	keys s
	wait_for 'Sort by'
	golden "menu-$size"
	keys Escape
	wait_for 'Memory Monitor'
	keys h
	wait_for 'Help'
	golden "help-$size"
	keys End
	wait_for Filters
	golden "help-end-$size"
	keys Escape
	keys e
	wait_for 'waiting for events'
	next_frame
	next_frame
	wait_for mremap
	golden "events-$size"
	keys e
	wait_for 'Memory Monitor'
	# leaky is what all of the detail is known of
	keys /
	typed 'name = leaky'
	keys Enter
	wait_for 'filter name = leaky'
	keys Enter
	next_frame
	next_frame
	wait_for 'of 312 events seen'
	golden "detail-$size"
	keys q
	ends "q ends it ($size)" 0
done

# What goes wrong, and what is watched besides.
screen_start 80 24 frames=12 losses recording serving alerts
wait_for 'alerts 1'
golden losses-80x24
screen_start 80 24 frames=3 recording diskfull
shows "a recording that has ended is told" 'recording ended at 1.2 MiB: No space left on device'
screen_start 80 24 frames=12 ascii
keys t
wait_for 'tree: sums'
golden tree-ascii-80x24
screen_start 80 24 cpumon frames=3
wait_for '%TOT'
golden cpumon-80x24
screen_start 80 24 recorded frames=3
keys Enter
wait_for 'not in a recording'
golden detail-recorded-80x24
screen_start 40 8 frames=3
wait_for '500 firefox'
golden table-40x8
done_testing
