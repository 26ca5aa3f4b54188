# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Ring throughput: million records a second whose content was checked, a bar for each case.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("ringbuf.gp")]
load here."style.gp"
load here."rows.gp"
load here."begin.gp"

eval head("What a BPF ring buffer carries: records consumed and checked")
set xlabel "million records per second" textcolor rgb "#333333"
set xrange [0:1.13 * top]
set yzeroaxis lt 1 lc rgb "#555555"

plot for [s = 0:series - 1] data index s using (0):1:(0):2:($1 - 0.36):($1 + 0.36):ytic(5) \
		with boxxyerror fc rgb hue(s) title columnheader(1), \
	for [s = 0:series - 1] data index s using 3:1:($4 - $3):(0) \
		with vectors arrowstyle 1 notitle, \
	for [s = 0:series - 1] data index s using 4:1:(written($2)) \
		with labels left offset 0.8, 0 font ",11" textcolor rgb "#333333" notitle
load here."end.gp"
