# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What memprof costs, held against its targets: a row for each figure, in parts of its target, with its
# interval; a colour for each verdict. scripts/bench_memprof.sh writes the data, a block for each verdict
# and one of all rows, whose names are set in order (gnuplot 5.4 loses one that comes behind a greater row):
#     "NAME OF THE VERDICT"
#     ROW FIGURE LEAST MOST "LABEL" "FIGURE, AS WRITTEN"
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("memprof.gp")]
load here."style.gp"

stats data using 1:4 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
rows = STATS_max_x + 1
most = STATS_max_y < 1.2 ? 1.2 : STATS_max_y
stats data using (valid(1) ? strlen(strcol(5)) : 0) nooutput
left = room(STATS_max)
stats data using (valid(1) ? strlen(strcol(6)) : 0) nooutput
right = room(STATS_max) - 24
wide = 1120
high = 165 + rows * 26
load here."begin.gp"

set label "What memprof costs, by its targets" at screen 0.5, screen 1 - 26.0 / high center font ",16" \
	textcolor rgb "#111111"
set key at screen 1 - 30.0 / wide, screen 1 - 50.0 / high right top horizontal maxrows 1 Left reverse \
	samplen 1 width 1 autotitle columnhead
set lmargin at screen left / wide
set rmargin at screen 1 - 30.0 / wide
set tmargin at screen 1 - 85.0 / high
set bmargin at screen 70.0 / high
set yrange [rows - 0.4:-0.6]
set ytics scale 0 noenhanced font ",12"
unset grid
set grid xtics lc rgb "#dddddd" lw 1 lt 1
# Beside the longest interval there is room for its figure.
set xrange [0:most * (wide - left - 30) / (wide - left - 60 - right)]
set label 2 "parts of the target, with the interval (95 %); beside it the figure, and what it may be at most" \
	at screen 1 - 30.0 / wide, screen 24.0 / high right textcolor rgb "#333333"
set arrow 2 from first 1, graph 0 to first 1, graph 1 nohead back lw 2 lc rgb "#777777"

array verdict[3] = [0x009e73, 0x777777, 0xd55e00]
plot for [v = 0:2] data index v using 3:1:($4 - $3):(0) with vectors nohead lw 7 \
		lc rgb (verdict[v + 1] + 0xaa000000) notitle, \
	data index 3 using 3:1:($4 - $3):(0):ytic(5) with vectors arrowstyle 1 notitle, \
	for [v = 0:2] data index v using 2:1 with points pt 7 ps 1.1 lc rgb verdict[v + 1] \
		title columnheader(1), \
	for [v = 0:2] data index v using ($4 > 1 ? $4 : 1):1:6 with labels left offset 1.2, 0 \
		font ",11" textcolor rgb "#333333" notitle
load here."end.gp"
