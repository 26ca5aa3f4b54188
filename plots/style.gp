# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What all pictures share. A script is called with its data and where to write:
#     gnuplot -c plots/NAME.gp RUN/plots/NAME.dat RUN/plots/NAME
# and makes NAME.svg and NAME.png. It takes its arguments before it loads this file (load forgets
# them), sets `wide` and `high` (pixels) before it loads begin.gp, draws once, and loads end.gp.

if (!strlen(data) || !strlen(base)) {
	print "usage: gnuplot -c SCRIPT.gp DATA.dat OUTPUT-WITHOUT-SUFFIX"
	exit status 2
}

set encoding utf8
set datafile missing "NaN"
set border 3 lc rgb "#555555" lw 1
set tics nomirror out scale 0.5 textcolor rgb "#333333"
set grid ytics lc rgb "#dddddd" lw 1 lt 1
set title font ",16" textcolor rgb "#111111" noenhanced
set key noenhanced textcolor rgb "#333333"
set style fill solid 1.0 noborder

# Okabe and Ito's palette, told apart by colour-blind people too; grey for what is a reference.
array colour[7] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, 0x56b4e9, 0xcc79a7, 0x777777]
hue(i) = colour[int(i) % 7 + 1]

# Pixels of a label of that many characters.
room(chars) = 24 + 7.7 * chars
# A number beside a bar: three digits, no exponent.
written(v) = abs(v) >= 99.5 ? sprintf("%.0f", v) : abs(v) >= 9.95 ? sprintf("%.1f", v) : sprintf("%.2f", v)
# An interval: a line with a cap at each end.
set style arrow 1 heads size screen 0.004, 90 lw 1.5 lc rgb "#222222"
