# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Opens the SVG; `wide` and `high` are its pixels.
set terminal svg size wide, high font "DejaVu Sans,13" background rgb "white" name "p" noenhanced
set output base.".svg"
