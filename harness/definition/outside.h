/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpftrace has and a definition has not, and why. */
#ifndef HARNESS_DEFINITION_OUTSIDE_H
#define HARNESS_DEFINITION_OUTSIDE_H

/* Why a word is outside of the subset, as the end of a sentence; NULL: it is none of bpftrace's. */
const char *outside_reason(const char *word);
/* Why a probe is. */
const char *outside_probe(const char *text);

#endif
