# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Wake-ups: what telling a sleeping consumer costs the producer, a point for each case. A forced
# wake-up costs a thousand times what a rare one does, so the axis is logarithmic; what is at or
# below its left end is drawn there, with its figure beside it.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("wakeup.gp")]
load here."style.gp"
load here."rows.gp"
load here."begin.gp"

eval head("What waking the consumer costs")
set xlabel "nanoseconds per record, logarithmic" textcolor rgb "#333333"
edge = 1
on(x) = x > edge ? x : edge
set logscale x
set format x "%g"
set xrange [edge:(top > 10 * edge ? 2.5 * top : 25 * edge)]

plot for [s = 0:series - 1] data index s using (edge):1:(on($2)):(0) with vectors nohead lw 1 lc rgb "#cccccc" notitle, \
	for [s = 0:series - 1] data index s using (on($3)):1:(on($4) - on($3)):(0) \
		with vectors arrowstyle 1 notitle, \
	for [s = 0:series - 1] data index s using (on($2)):1:ytic(5) with points pt 7 ps 1.1 lc rgb hue(s) \
		title columnheader(1), \
	for [s = 0:series - 1] data index s using (on($4)):1:(written($2)) \
		with labels left offset 1.2, 0 font ",11" textcolor rgb "#333333" notitle
load here."end.gp"
