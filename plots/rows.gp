# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The frame of a picture of ring cases: a row for each, a colour for each mode and placement. The
# caller has set `data`; it loads begin.gp itself.
stats data using 1:4 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
rows = STATS_max_x + 1
top = STATS_max_y
series = STATS_blocks
stats data using 3 nooutput
least = STATS_min
stats data using (strlen(strcol(5))) nooutput
left = room(STATS_max)
wide = 960
high = 175 + rows * 24

set key at screen 1 - 30.0 / wide, screen 1 - 48.0 / high right top horizontal maxrows 2 Left reverse \
	samplen 1 width 2
set key autotitle columnhead
set lmargin at screen left / wide
set rmargin at screen 1 - 30.0 / wide
set tmargin at screen 1 - 100.0 / high
set bmargin at screen 70.0 / high
set yrange [rows - 0.4:-0.6]
set ytics scale 0 noenhanced font ",12"
unset grid
set grid xtics lc rgb "#dddddd" lw 1 lt 1
head(text) = sprintf("set label \"%s\" at screen 0.5, screen 1 - 26.0 / %d center font \",16\" textcolor rgb \"#111111\"", text, high)
