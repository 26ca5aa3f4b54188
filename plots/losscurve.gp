# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Loss curve: records delivered against records offered; on the diagonal nothing is lost.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("losscurve.gp")]
load here."style.gp"

stats data using 1:2 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
series = STATS_blocks
low = STATS_min_x < STATS_min_y ? STATS_min_x : STATS_min_y
top = STATS_max_x
wide = 760
high = 560
load here."begin.gp"

set title "Where a ring begins to lose: delivered against offered"
set xlabel "offered, million records per second" textcolor rgb "#333333"
set ylabel "delivered, million records per second" textcolor rgb "#333333"
set logscale xy
set format xy "%g"
set xrange [low * 0.8:top * 1.25]
set yrange [low * 0.8:top * 1.25]
set grid xtics ytics lc rgb "#dddddd" lw 1 lt 1
set key top left Left reverse
set key autotitle columnhead

plot x with lines dt 2 lw 1.5 lc rgb "#777777" title "nothing lost", \
	for [s = 0:series - 1] data index s using 1:2 \
		with linespoints lw 2.5 pt (s % 6 < 3 ? 5 + 2 * (s % 3) : 4 + 2 * (s % 3)) ps 0.9 \
		lc rgb hue(s) title columnheader(1)
load here."end.gp"
