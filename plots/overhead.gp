# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Overhead: nanoseconds added to a call, a panel for each event, a bar for each monitor.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("overhead.gp")]
load here."style.gp"

stats data using 1:4 nooutput
if (!exists("STATS_records") || STATS_blocks < 2) { print "nothing to draw in ", data; exit status 1 }
groups = int(STATS_max_x) + 1
monitors = STATS_blocks - 1
array event[groups]; array top[groups]; array least[groups]
set table $unused
plot data index 0 every ::1 using (event[int($1) + 1] = strcol(5), 0):(0) with table
unset table
any = 0
do for [e = 1:groups] {
	undefine STATS_*
	stats data index 1:monitors using ($1 == e - 1 ? $3 : NaN):($1 == e - 1 ? $4 : NaN) nooutput
	any = any + (exists("STATS_records") ? STATS_records : 0)
	top[e] = exists("STATS_max_y") && STATS_max_y > 0 ? STATS_max_y : 1
	least[e] = exists("STATS_min_x") && STATS_min_x < 0 ? STATS_min_x : 0
}
if (!any) { print "nothing to draw in ", data; exit status 1 }
across = groups < 3 ? groups : 3
down = ceil(groups / real(across))
head_px = 84; each_px = 250
wide = across == 1 ? 640 : across == 2 ? 900 : 1180
high = head_px + down * each_px
load here."begin.gp"
load here."overhead_panels.gp"
load here."png.gp"
load here."overhead_panels.gp"
set output
