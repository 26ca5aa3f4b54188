/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Right by tests/fixtures/means.bt. */
#include "tests/bpf/means.bpf.h"
