/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A `gate` record in the making (docs/results.md). */
#ifndef HARNESS_GATE_ROW_H
#define HARNESS_GATE_ROW_H

#include "harness/gate/gate_judge.h"
#include "lib/strbuf.h"

enum { GATE_VERDICTS = GATE_REGRESSION + 1 };

/* Numbers that are NAN become null. */
struct gate_row {
	const struct gate_pair *pair;
	const char *lane, *subject, *kernel, *unit;
	enum gate_verdict verdict;
	double value, low, high, limit, base;
	bool whole; /* they are whole numbers */
	struct strbuf reason;
};

/* Nothing judged yet: a skip without numbers. @lane, @subject (may be NULL) must outlive it. */
struct gate_row gate_row_new(const struct gate_pair *pair, const char *lane, const char *subject);

/* Appends the record to the JSON array @out and releases @r. */
void gate_row_put(struct gate_row *r, struct json_object *out);

#endif
