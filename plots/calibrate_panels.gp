# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The panels of calibrate-coverage.gp, onto the terminal that is open.
set multiplot
set label 1 "Intervals of A against A: nominally 95 % hold 0" at screen 0.5, screen 0.955 center font ",16" textcolor rgb "#111111"
set tmargin at screen 0.78
set bmargin at screen 0.09
set yrange [-1.05 * reach:1.05 * reach]
set xzeroaxis lt 1 lc rgb "#333333"
unset xtics
set key off
do for [p = 1:panels] {
	set lmargin at screen (76.0 + 300 * (p - 1) + (p > 1 ? 12 : 0)) / wide
	set rmargin at screen (76.0 + 300 * p - 14) / wide
	set xrange [-1:runs[p]]
	set xlabel sprintf("%d runs, sorted", runs[p]) textcolor rgb "#333333"
	set title sprintf("%s: %.1f %%", word[p], share[p]) font ",14" offset 0, 0.9
	set label 2 sprintf("[%.1f, %.1f], %d leave out 0", low[p], top[p], miss[p]) at graph 0.5, graph 1.035 \
		center font ",11" textcolor rgb "#777777"
	set ylabel (p == 1 ? "second load of A less A, ns" : "") textcolor rgb "#333333"
	set format y (p == 1 ? "% h" : "")
	plot data index p - 1 every ::1 using 1:($5 == 0 ? $3 : NaN):(0):($4 - $3) with vectors nohead lw 1.2 lc rgb "#9cc4dd" notitle, \
		data index p - 1 every ::1 using 1:($5 == 1 ? $3 : NaN):(0):($4 - $3) with vectors nohead lw 1.8 lc rgb hue(3) notitle, \
		data index p - 1 every ::1 using 1:2 with points pt 7 ps 0.3 lc rgb hue(0) notitle
	unset label 1
}
unset label 2
unset multiplot
