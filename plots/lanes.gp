# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Two monitors compared. Above: by event, what B takes longer than A, with the margin as a band and
# a second load of A beside it. Below: by path, the kernel instructions that each adds. Either half
# is left out where there is nothing to draw.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("lanes.gp")]
load here."style.gp"

events = 0; paths = 0; reach = 1; most = 1; chars = 6
set table $count
plot data index 0 using (events = valid(1) ? int($1) + 1 : events, reach = abs($3) > reach ? abs($3) : reach, \
		reach = abs($4) > reach ? abs($4) : reach, reach = abs($6) > reach ? abs($6) : reach, \
		reach = abs($7) > reach ? abs($7) : reach, reach = $8 > reach ? $8 : reach, \
		chars = strlen(strcol(9)) > chars ? strlen(strcol(9)) : chars, 0):(0) with table, \
	for [b = 1:2] data index b using (paths = valid(1) ? int($1) + 1 : paths, most = abs($2) > most ? abs($2) : most, \
		chars = strlen(strcol(3)) > chars ? strlen(strcol(3)) : chars, 0):(0) with table
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
