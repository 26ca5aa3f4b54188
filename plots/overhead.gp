# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Overhead: nanoseconds added to a call, a group of bars for each event, a bar for each monitor.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("overhead.gp")]
load here."style.gp"

stats data using 1:4 nooutput
if (!exists("STATS_records") || STATS_blocks < 2) { print "nothing to draw in ", data; exit status 1 }
groups = STATS_max_x + 1
top = STATS_max_y
monitors = STATS_blocks - 1
stats data using 3 nooutput
bottom = STATS_min
bar = 0.8 / (monitors < 2 ? 2 : monitors)
wide = 160 + groups * (60 + monitors * 46)
wide = wide < 640 ? 640 : wide
high = 430
load here."begin.gp"

# The first block only names the events.
set title "What a monitor adds to a call: centre and 95 % interval"
set ylabel "added time, ns per call" textcolor rgb "#333333"
set key top right horizontal Left reverse samplen 1 width 2
set xrange [-0.5:groups - 0.5]
set yrange [(bottom < 0 ? 1.1 * bottom : 0):1.25 * top]
set xtics scale 0 noenhanced font ",13"
set xzeroaxis lt 1 lc rgb "#555555"
set key autotitle columnhead
at(group, m) = group + (m - (monitors - 1) / 2.0) * bar

plot data index 0 using 1:(0):xtic(5) with dots lc rgb "white" notitle, \
	for [m = 0:monitors - 1] data index m + 1 using (at($1, m)):2:(bar * 0.86) \
		with boxes lc rgb hue(m) title columnheader(1), \
	for [m = 0:monitors - 1] data index m + 1 using (at($1, m)):3:(0):($4 - $3) \
		with vectors arrowstyle 1 notitle, \
	for [m = 0:monitors - 1] data index m + 1 using (at($1, m)):($4 > 0 ? $4 : 0):(written($2)) \
		with labels offset 0, 0.7 font ",11" textcolor rgb "#333333" notitle
load here."end.gp"
