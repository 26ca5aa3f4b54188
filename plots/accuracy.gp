# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Accuracy: the largest error of each monitor (columns) beside each workload (rows), as a table whose
# colours grow with the error on a logarithmic scale.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("accuracy.gp")]
load here."style.gp"

stats data using 1:2 nooutput
if (!exists("STATS_records")) { print "nothing to draw in ", data; exit status 1 }
columns = STATS_max_x + 1
rows = STATS_max_y + 1
stats data using (strlen(strcol(8))) nooutput
left = room(STATS_max)
wide = left + 20 + columns * 190
wide = wide < 600 ? 600 : wide
high = 105 + rows * 38
load here."begin.gp"

# White to orange over 0.01 % .. 1000 %; grey: not judged; vermilion: wrong.
share(pct) = pct <= 0.01 ? 0.15 : pct >= 1000 ? 1 : 0.15 + 0.85 * (log10(pct) + 2) / 5
mix(from, to, s) = int(from + (to - from) * s + 0.5)
ramp(s) = 65536 * mix(255, 230, s) + 256 * mix(255, 159, s) + mix(255, 0, s)
shade(kind, pct) = kind == 2 ? 0xe4e7ea : kind == 3 ? 0xd55e00 : kind == 0 ? 0xe3f3ee : ramp(share(pct))

set label "Largest error of each monitor against what happened" at screen 0.5, screen 1 - 26.0 / high center \
	font ",16" textcolor rgb "#111111"
unset border
unset grid
unset key
set lmargin at screen left / wide
set rmargin at screen 1 - 20.0 / wide
set tmargin at screen 1 - 80.0 / high
set bmargin at screen 20.0 / high
set xrange [-0.5:columns - 0.5]
set yrange [rows - 0.5:-0.5]
set xtics scale 0 noenhanced offset 0, -0.3
set ytics scale 0 noenhanced
unset xtics
set x2range [-0.5:columns - 0.5]
set x2tics scale 0 noenhanced font ",13"

plot data using 1:2:(0.48):(0.45):(shade($3, $4)):ytic(8):x2tic(7) \
		with boxxyerror fc rgb variable, \
	data using 1:($2 - (strlen(strcol(6)) ? 0.14 : 0)):5 with labels noenhanced font ",13", \
	data using 1:($2 + 0.2):6 with labels noenhanced font ",10" textcolor rgb "#444444"
load here."end.gp"
