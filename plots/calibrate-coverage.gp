# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Does the interval hold the truth? A against A, every run with its interval, sorted; a panel for
# each regime.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("calibrate-coverage.gp")]
load here."style.gp"

stats data using 3:4 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
panels = STATS_blocks
array share[panels]; array low[panels]; array top[panels]; array word[panels]; array runs[panels]; array miss[panels]
reach = 0
do for [p = 1:panels] {
	set table $unused
	plot data index p - 1 every ::0::0 using (word[p] = strcol(1), share[p] = $2, low[p] = $3, top[p] = $4, 0):(0) with table
	unset table
	stats data index p - 1 every ::1 using 3:4 nooutput
	runs[p] = STATS_records
	reach = STATS_max_y > reach ? STATS_max_y : reach
	reach = -STATS_min_x > reach ? -STATS_min_x : reach
	stats data index p - 1 every ::1 using 5 nooutput
	miss[p] = STATS_sum
}
wide = 300 * panels + 76
high = 430
load here."begin.gp"
load here."calibrate_panels.gp"
load here."png.gp"
load here."calibrate_panels.gp"
set output
