# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The gate's decision on equal objects: the difference of every run with its interval, sorted. Only
# what lies beyond the margin would be an alarm.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("calibrate-aa.gp")]
load here."style.gp"

stats data using 1:5 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
runs = STATS_records
margin = STATS_mean_y
stats data using 3:4 nooutput
reach = STATS_max_y > -STATS_min_x ? STATS_max_y : -STATS_min_x
reach = reach > margin ? reach : margin
stats data using 6:7 nooutput
alarms = STATS_sum_x; voids = STATS_sum_y
wide = 860
high = 430
load here."begin.gp"

set title sprintf("Equal objects at the gate: %d runs, %d false alarm%s", runs, alarms, alarms == 1 ? "" : "s")
set ylabel "B less A, ns per call" textcolor rgb "#333333"
set xlabel "runs, in the order of what they read" textcolor rgb "#333333"
set xrange [-1:runs]
set yrange [-1.25 * reach:1.5 * reach]
set xtics scale 0
set xzeroaxis lt 1 lc rgb "#555555"
set key top left Left reverse samplen 1.5
set object 1 rectangle from graph 0, first -margin to graph 1, first margin fc rgb "#eef2f5" fs solid noborder behind
set label 1 sprintf("margin %.2f ns", margin) at graph 0.995, first margin right offset 0, 0.6 font ",11" textcolor rgb "#777777"
kind(alarm, unclean) = unclean > 0 ? 2 : alarm > 0 ? 1 : 0

plot data using 1:(kind($6, $7) == 0 ? $3 : NaN):(0):($4 - $3) with vectors nohead lw 1.2 lc rgb "#9cc4dd" \
		title "95 % interval of a run", \
	data using 1:(kind($6, $7) == 2 ? $3 : NaN):(0):($4 - $3) with vectors nohead lw 1.2 lc rgb "#cccccc" \
		title (voids > 0 ? sprintf("called itself void (%d)", voids) : ""), \
	data using 1:(kind($6, $7) == 1 ? $3 : NaN):(0):($4 - $3) with vectors nohead lw 2 lc rgb hue(3) \
		title (alarms > 0 ? "false alarm" : ""), \
	data using 1:2 with points pt 7 ps 0.3 lc rgb hue(0) notitle
load here."end.gp"
