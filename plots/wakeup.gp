# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Wake-ups: what telling a sleeping consumer costs the producer, a bar for each case.
data = ARG1; base = ARG2; here = ARG0[1:strlen(ARG0) - strlen("wakeup.gp")]
load here."style.gp"
heading = "What waking the consumer costs"
set xlabel "nanoseconds per record" textcolor rgb "#333333"
load here."bars.gp"
