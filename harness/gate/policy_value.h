/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kinds of value that a policy has. Each reader returns 0, or -EINVAL after saying what is
 * wrong at @at; @out is then as it was, but for a list, which holds what was read so far.
 */
#ifndef HARNESS_GATE_POLICY_VALUE_H
#define HARNESS_GATE_POLICY_VALUE_H

#include "harness/gate/policy.h"
#include "collector/json_at.h"

int policy_number(const struct json_at *at, struct json_object *o, double low, double high,
		  double *out);
int policy_whole(const struct json_at *at, struct json_object *o, double low, double high,
		 double *out);
/* {"absolute": N, "percent": P}, one of them or both; null: there is no limit. */
int policy_limit(const struct json_at *at, struct json_object *o, struct gate_limit *out);
/* Strings, 1 to POLICY_LIST_MAX of them. */
int policy_list(const struct json_at *at, struct json_object *o, struct gate_list *out);
/* A list, or the word "all", which is an empty one. */
int policy_list_or_all(const struct json_at *at, struct json_object *o, struct gate_list *out);
/* true, false or "auto" */
int policy_on(const struct json_at *at, struct json_object *o, enum gate_when *out);

/* Empties @list and frees what is its own. */
void policy_list_reset(struct gate_list *list);

#endif
