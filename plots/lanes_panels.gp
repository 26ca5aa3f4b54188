# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The two halves of lanes.gp, onto the terminal that is open.
unset key
unset label
set lmargin at screen left / wide
set rmargin at screen 1 - 34.0 / wide
unset grid
set grid xtics lc rgb "#dddddd" lw 1 lt 1
set ytics scale 0 noenhanced font ",12"
set yzeroaxis lt 1 lc rgb "#555555"
set multiplot

if (events) {
	set label 1 "Time: B less A, with its interval" at screen 0.5, screen 1 - 26.0 / high center \
		font ",16" textcolor rgb "#111111"
	set key at screen 1 - 34.0 / wide, screen 1 - 54.0 / high right top horizontal maxrows 1 \
		Left reverse samplen 1.5 width 2
	set tmargin at screen 1 - real(top_px) / high
	set bmargin at screen 1 - real(top_px + time_px) / high
	set xrange [least - 0.06 * (top - least):top + 0.14 * (top - least)]
	set yrange [events - 0.5:-0.5]
	set xlabel "ns per event" textcolor rgb "#333333"
	set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead front lw 1 lc rgb "#555555"
	plot data index 0 using (0):1:(-$8):($8):($1 - 0.42):($1 + 0.42):ytic(9) \
			with boxxyerror fc rgb "#e8ecef" title "margin", \
		data index 0 using 6:($1 + 0.24):($7 - $6):(0) \
			with vectors nohead lw 5 lc rgb "#aab2ba" title "A/A", \
		data index 0 using 3:($1 - 0.08):($4 - $3):(0) with vectors arrowstyle 1 notitle, \
		data index 0 using 2:($1 - 0.08) with points pt 7 ps 1.1 lc rgb hue(0) title "B less A", \
		data index 0 using 4:($1 - 0.08):((($2) > 0 ? "+" : "").written($2)) \
			with labels left offset 0.8, 0 font ",11" textcolor rgb "#333333" notitle
}
if (paths) {
	at_px = events ? top_px + time_px + axis_px + gap_px : top_px
	unset label 1
	unset arrow 1
	set label 2 "Kernel instructions added, counted" at screen 0.5, screen 1 - (at_px - 66.0) / high \
		center font ",16" textcolor rgb "#111111"
	set key at screen 1 - 34.0 / wide, screen 1 - (at_px - 38.0) / high right top horizontal maxrows 1 \
		Left reverse samplen 1 width 1
	set tmargin at screen 1 - real(at_px) / high
	set bmargin at screen 1 - real(at_px + count_px) / high
	set xrange [0:1.13 * most]
	set yrange [paths - 0.5:-0.5]
	set xlabel "instructions per event" textcolor rgb "#333333"
	plot for [b = 1:2] data index b using (0):1:(0):2:($1 + 0.38 * (b - 2)):($1 + 0.38 * (b - 1)):ytic(3) \
			with boxxyerror fc rgb hue(b == 1 ? 6 : 0) title (strlen(columnheader(1)) < 2 ? columnheader(1) : (b == 1 ? "A: " : "B: ").columnheader(1)), \
		for [b = 1:2] data index b using 2:($1 + 0.38 * (b - 1.5)):(sprintf("%.0f", $2)) \
			with labels left offset 0.6, 0 font ",11" textcolor rgb "#333333" notitle
}
unset multiplot
