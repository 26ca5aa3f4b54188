# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Ring throughput: million records a second whose content was checked, a bar for each case.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("ringbuf.gp")]
load here."style.gp"
heading = "What a BPF ring buffer carries: records consumed and checked"
set xlabel "million records per second" textcolor rgb "#333333"
load here."bars.gp"
