/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the subject memory (harness/subjects/memory.c), each a question of its own. */
#ifndef HARNESS_SUBJECTS_MEMORY_H
#define HARNESS_SUBJECTS_MEMORY_H

#include "harness/verify/accuracy.h"
#include "harness/verify/judge.h"
#include "harness/verify/model.h"

extern const struct subject_ops subject_memory;

/* As the hooks of struct subject_ops. */
void memory_explain(const struct judge_input *in, const struct model_row *row, size_t f,
		    struct judge_mismatch *m);
int memory_assess(const struct assessment *in, struct accuracy *out);

#endif
