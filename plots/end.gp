# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Draws the same once more, as a PNG.
load here."png.gp"
replot
set output
