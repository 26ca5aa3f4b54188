# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Opens the PNG, of one and a half times the pixels. A point is 4/3 of a pixel there and 1 in the
# SVG, hence the scale of the font.
set output
set terminal pngcairo size int(1.5 * wide), int(1.5 * high) font "DejaVu Sans,13" fontscale 1.125 \
	linewidth 1.5 pointscale 1.5 background rgb "white" noenhanced
set output base.".png"
