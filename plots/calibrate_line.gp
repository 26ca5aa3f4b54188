# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The two halves of calibrate-linearity.gp, onto the terminal that is open.
set multiplot
set lmargin at screen 80.0 / wide
set rmargin at screen 1 - 24.0 / wide
set grid xtics ytics lc rgb "#dddddd" lw 1 lt 1
set xrange [0:1.06 * most]
set tmargin at screen 0.92
set bmargin at screen 0.40
set title sprintf("Injected multiplications: %.3f cycles each [%.3f, %.3f], R² %.5f", slope, low, top, r2)
set ylabel "read, core cycles" textcolor rgb "#333333"
set yrange [0:1.08 * peak]
set format x ""
unset xlabel
set key top left Left reverse samplen 2 noopaque
plot 3 * x with lines dt 2 lw 1.5 lc rgb "#777777" title "3 cycles each, as the processor's tables have it", \
	intercept + slope * x with lines lw 2 lc rgb hue(0) title "line through the points", \
	data index 1 using 1:3:(0):($4 - $3) with vectors arrowstyle 1 notitle, \
	data index 1 using 1:2 with points pt 7 ps 1 lc rgb hue(3) title "read, with its interval"
unset title
set key off
set tmargin at screen 0.36
set bmargin at screen 0.10
set format x "%g"
set xlabel "multiplications injected" textcolor rgb "#333333"
set ylabel "left over, cycles" textcolor rgb "#333333"
set yrange [-1.1 * reach:1.1 * reach]
set xzeroaxis lt 1 lc rgb "#555555"
plot data index 1 using 1:($3 - $2 + $5):(0):($4 - $3) with vectors arrowstyle 1 notitle, \
	data index 1 using 1:5 with points pt 7 ps 1 lc rgb hue(3) notitle
unset multiplot
