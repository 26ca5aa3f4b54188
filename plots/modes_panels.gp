# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The panels of modes.gp, onto the terminal that is open.
unset label
set multiplot
set label 1 "How long a call takes, ns: shares of the calls, on a logarithmic axis" at screen 0.5, screen 1 - 24.0 / high center font ",16" textcolor rgb "#111111"
set key at screen 0.5, screen 1 - 42.0 / high center top horizontal Left reverse samplen 1 width 1
set logscale x
set format x "%g"
set xrange [0.8 * least:2 * most]
set yrange [0:*]
unset ytics
unset grid
do for [p = 1:panels] {
	column = (p - 1) % across; line = (p - 1) / across
	set lmargin at screen (column + 0.05) / across
	set rmargin at screen (column + 0.97) / across
	set tmargin at screen 1 - (head_px + line * each_px + 26.0) / high
	set bmargin at screen 1 - (head_px + (line + 1) * each_px - 38.0) / high
	set title word[p] font ",13" offset 0, -0.5
	set arrow 1 from part[p], graph 0 to part[p], graph 1 nohead dt 2 lw 1 lc rgb "#555555"
	plot data index p - 1 every ::1 using 1:2 with fillsteps fc rgb "#c9ced3" title (p > 1 ? "" : "empty program"), \
		data index p - 1 every ::1 using 1:3 with steps lw 2 lc rgb hue(0) title (p > 1 ? "" : "with the monitor")
	unset label 1
	set key off
}
unset arrow 1
set key on
unset multiplot
