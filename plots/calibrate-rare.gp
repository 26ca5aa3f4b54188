# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A slow path that one event in 256 takes: what each estimator reads of it, beside what it costs.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("calibrate-rare.gp")]
load here."style.gp"

set table $unused
plot data index 0 using (expected = $2, 0):(0) with table
unset table
stats data index 1 using 1:2 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
rows = STATS_max_x + 1
most = STATS_max_y > expected ? STATS_max_y : expected
least = STATS_min_y < 0 ? STATS_min_y : 0
stats data index 1 using 4 nooutput
most = STATS_max > most ? STATS_max : most
wide = 760
high = 150 + 46 * rows
load here."begin.gp"

set title "A slow path on one call in 256: what estimators read"
set xlabel "ns per call" textcolor rgb "#333333"
set lmargin at screen room(31) / wide
set rmargin at screen 1 - 30.0 / wide
set xrange [(least < 0 ? 1.3 * least : 0):1.25 * most]
set yrange [rows - 0.5:-1]
unset grid
set grid xtics lc rgb "#dddddd" lw 1 lt 1
set ytics scale 0 noenhanced font ",12"
set border 1
set key off
set arrow 1 from first expected, graph 0 to first expected, graph 1 nohead dt 2 lw 1.5 lc rgb "#333333" front
set label 1 sprintf("costs %.2f", expected) at first expected, first -0.78 left offset 0.6, 0 font ",11" textcolor rgb "#333333"

plot data index 1 using (0):1:(0):2:($1 - 0.32):($1 + 0.32):ytic(5) with boxxyerror lc rgb hue(0) notitle, \
	data index 1 using 3:1:($4 - $3):(0) with vectors arrowstyle 1 notitle, \
	data index 1 using ($4 > $2 ? $4 : $2 > 0 ? $2 : 0):1:((($2) > 0 ? "+" : "").sprintf("%.2f", $2)) \
		with labels left offset 0.8, 0 font ",11" textcolor rgb "#333333" notitle
load here."end.gp"
