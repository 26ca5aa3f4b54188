# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Two monitors compared. Above: by event, what B takes longer than A, with the margin as a band and
# a second load of A beside it. Below: by path, the kernel instructions that each adds. Either half
# is left out where there is nothing to draw.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("lanes.gp")]
load here."style.gp"

events = 0; paths = 0; least = -0.5; top = 0.5; most = 1; chars = 6
lower(a, b) = b < a ? b : a
upper(a, b) = b > a ? b : a
set table $count
plot data index 0 using (events = valid(1) ? int($1) + 1 : events, \
		least = lower(lower(lower(least, $3), $6), -$8), \
		top = upper(upper(upper(top, $4), $7), $8), \
		chars = upper(chars, strlen(strcol(9))), 0):(0) with table, \
	for [b = 1:2] data index b using (paths = valid(1) ? int($1) + 1 : paths, \
		most = upper(most, $2), chars = upper(chars, strlen(strcol(3))), 0):(0) with table
unset table
if (events + paths == 0) { print "nothing to draw in ", data; exit status 1 }
left = room(chars)
wide = 860
top_px = 92; event_px = 44; path_px = 34; axis_px = 58; gap_px = events && paths ? 78 : 0
time_px = events ? event_px * events : 0
count_px = paths ? path_px * paths : 0
high = top_px + (events ? time_px + axis_px : 0) + gap_px + (paths ? count_px + axis_px : 0)

set key autotitle columnhead
set style fill solid 1.0 noborder
load here."begin.gp"
load here."lanes_panels.gp"
load here."png.gp"
load here."lanes_panels.gp"
set output
