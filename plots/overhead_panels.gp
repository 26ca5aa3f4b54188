# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The panels of overhead.gp, onto the terminal that is open.
unset label
set multiplot
set label 1 "What a monitor adds to a call, ns: centre and 95 % interval" at screen 0.5, screen 1 - 24.0 / high center font ",16" textcolor rgb "#111111"
set key at screen 0.5, screen 1 - 42.0 / high center top horizontal maxrows 1 Left reverse samplen 1 width 1
unset xtics
set xzeroaxis lt 1 lc rgb "#555555"
do for [e = 0:groups - 1] {
	column = e % across; line = e / across
	set lmargin at screen (column + 0.17) / across
	set rmargin at screen (column + 0.97) / across
	set tmargin at screen 1 - (head_px + line * each_px + 30.0) / high
	set bmargin at screen 1 - (head_px + (line + 1) * each_px - 14.0) / high
	set title event[e + 1] font ",14" offset 0, -0.4
	set xrange [-0.7:monitors - 0.3]
	set yrange [1.1 * least[e + 1]:1.18 * top[e + 1]]
	plot for [m = 0:monitors - 1] data index m + 1 using (m):($1 == e ? $2 : NaN):(0.78) \
			with boxes lc rgb hue(m) title (e ? "" : columnheader(1)), \
		for [m = 0:monitors - 1] data index m + 1 using (m):($1 == e ? $3 : NaN):(0):($4 - $3) \
			with vectors arrowstyle 1 notitle, \
		for [m = 0:monitors - 1] data index m + 1 using (m):($1 == e ? ($4 > 0 ? $4 : 0) : NaN):(written($2)) \
			with labels offset 0, 0.7 font ",11" textcolor rgb "#333333" notitle
	unset label 1
	set key off
}
set key on
unset multiplot
