/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much dearer B may be than A: harness/gate/gate.json (docs/ci.md says what each key does). */
#ifndef HARNESS_POLICY_H
#define HARNESS_POLICY_H

#include "harness/compare/lanes.h"
#include "lib/base.h"

enum { POLICY_SCHEMA = 1, POLICY_LIST_MAX = 64 };

/* What the static lane has limits for: members of the record `static`. */
enum gate_metric {
	METRIC_INSTRUCTIONS,
	METRIC_JITED_BYTES,
	METRIC_VERIFIER_INSNS,
	METRIC_VERIFIER_STATES,
	METRIC_STACK_BYTES,
	METRIC_MAP_BYTES,
	GATE_METRICS
};
extern const char *const gate_metric_names[GATE_METRICS];

/* Growth allowed: the greater of @absolute and @percent of A's figure. */
struct gate_limit {
	bool judged;
	double absolute, percent;
};

/* On: a machine that cannot run the lane is an environment that is not fit. Auto: it is skipped
 * there with its reason. */
enum gate_when { GATE_OFF, GATE_ON, GATE_AUTO };

/* A list of strings, ended by NULL; @own is what of it is to be freed. */
struct gate_list {
	const char *v[POLICY_LIST_MAX + 1];
	char *own[POLICY_LIST_MAX];
};

struct gate_policy {
	struct gate_list monitors; /* compared with a revision's when none is named */
	enum gate_when on[GATE_LANES];
	struct gate_limit metric[GATE_METRICS];
	struct gate_list kernels; /* of the exact lane */
	struct gate_list paths;	  /* judged by it; empty: all */
	struct gate_limit instructions;
	uint64_t calls;
	struct gate_list events; /* of the time lane; empty: what A answers to */
	double margin_ns, margin_percent, alpha, budget_s;
	enum gate_verdict inconclusive; /* what it counts as */
};

/* What harness/gate/gate.json says as well. */
void policy_defaults(struct gate_policy *p);

/* Over what is in @p. Returns 0, or -EINVAL after saying "FILE:LINE: KEY: what is allowed". */
int policy_parse(struct gate_policy *p, const char *file, const char *text);

struct json_at;
/* The same of an object that stands in another file, at @at; it needs no "schema". */
int policy_read_object(struct gate_policy *p, const struct json_at *at, struct json_object *doc);

/* The same from a file. Returns 0, -EINVAL, or -errno after saying why it cannot be read. */
int policy_read(struct gate_policy *p, const char *file);

/* @list becomes these strings, which the caller keeps; at most POLICY_LIST_MAX are taken. */
void policy_set_list(struct gate_list *list, const char *const *v);

void policy_release(struct gate_policy *p);

#endif
