# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Modes: how long calls take beside a monitor whose consumer is awake, a panel for each monitor and
# event. The calls that wake the consumer stand apart; a dashed line parts them from the others.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("modes.gp")]
load here."style.gp"

stats data using 1:3 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
panels = STATS_blocks
least = STATS_min_x; most = STATS_max_x
array word[panels]; array part[panels]
do for [p = 1:panels] {
	set table $unused
	plot data index p - 1 every ::0::0 using (word[p] = strcol(4), part[p] = $1, 0):(0) with table
	unset table
}
across = panels < 3 ? panels : 3
down = ceil(panels / real(across))
head_px = 84; each_px = 204
wide = across == 1 ? 640 : across == 2 ? 900 : 1180
high = head_px + down * each_px
load here."begin.gp"
load here."modes_panels.gp"
load here."png.gp"
load here."modes_panels.gp"
set output
