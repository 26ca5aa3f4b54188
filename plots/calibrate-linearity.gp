# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Injected multiplications against what was read, in core cycles: the line above, what it leaves
# below.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("calibrate-linearity.gp")]
load here."style.gp"

set table $unused
plot data index 0 using (intercept = $2, slope = $3, low = $4, top = $5, r2 = $6, 0):(0) with table
unset table
stats data index 1 using 1:2 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
most = STATS_max_x; peak = STATS_max_y
stats data index 1 using ($3 - $2 + $5):($4 - $2 + $5) nooutput
reach = STATS_max_y > -STATS_min_x ? STATS_max_y : -STATS_min_x
wide = 760
high = 620
load here."begin.gp"
load here."calibrate_line.gp"
load here."png.gp"
load here."calibrate_line.gp"
set output
