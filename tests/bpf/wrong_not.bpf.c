/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bends nothing: when verify finds a fault here, the fault is verify's (or the base's). */
#include "tests/bpf/wrong_monitor.bpf.h"
