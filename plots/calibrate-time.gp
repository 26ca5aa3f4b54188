# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How long decisions took: the share of the runs that were decided after so many seconds.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("calibrate-time.gp")]
load here."style.gp"

stats data using 1:2 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
cases = STATS_blocks
top = STATS_max_x > 3 ? STATS_max_x : 3
wide = 760
high = 430
load here."begin.gp"

set title "How long a decision takes, from the call to the answer"
set xlabel "seconds" textcolor rgb "#333333"
set ylabel "runs decided, %" textcolor rgb "#333333"
set xrange [0:1.05 * top]
set yrange [0:105]
set grid xtics ytics lc rgb "#dddddd" lw 1 lt 1
set key bottom right Left reverse samplen 2
set key autotitle columnhead
set arrow 1 from first 3, graph 0 to first 3, graph 1 nohead dt 2 lw 1.5 lc rgb "#777777"
set label 1 "target" at first 3, graph 0.5 left offset 0.5, 0 font ",11" textcolor rgb "#777777"

plot for [c = 0:cases - 1] data index c using 1:2 with steps lw 2.5 lc rgb hue(c) title columnheader(1)
load here."end.gp"
