# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Horizontal bars of ring cases, a colour for each mode and placement. The caller sets
# `heading` and the x label.
stats data using 1:4 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
rows = STATS_max_x + 1
top = STATS_max_y
series = STATS_blocks
stats data using 3 nooutput
bottom = STATS_min < 0 ? 1.1 * STATS_min : 0
stats data using (strlen(strcol(5))) nooutput
left = room(STATS_max)
wide = 960
high = 175 + rows * 24
load here."begin.gp"

set label heading at screen 0.5, screen 1 - 26.0 / high center font ",16" textcolor rgb "#111111"
set key at screen 1 - 30.0 / wide, screen 1 - 48.0 / high right top horizontal maxrows 2 Left reverse \
	samplen 1 width 2
set key autotitle columnhead
set lmargin at screen left / wide
set rmargin at screen 1 - 30.0 / wide
set tmargin at screen 1 - 100.0 / high
set bmargin at screen 70.0 / high
set xrange [bottom:1.13 * top]
set yrange [rows - 0.4:-0.6]
set ytics scale 0 noenhanced font ",12"
set yzeroaxis lt 1 lc rgb "#555555"
unset grid
set grid xtics lc rgb "#dddddd" lw 1 lt 1

plot for [s = 0:series - 1] data index s using (0):1:(0):2:($1 - 0.36):($1 + 0.36):ytic(5) \
		with boxxyerror fc rgb hue(s) title columnheader(1), \
	for [s = 0:series - 1] data index s using 3:1:($4 - $3):(0) \
		with vectors arrowstyle 1 notitle, \
	for [s = 0:series - 1] data index s using 4:1:(written($2)) \
		with labels left offset 0.8, 0 font ",11" textcolor rgb "#333333" notitle
load here."end.gp"
