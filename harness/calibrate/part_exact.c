/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Do many boots of the exact lane give the same digits? Counted by the lane itself. */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/measure.h"
#include "harness/record.h"
#include "harness/result.h"

const char *const cal_kernels[] = {"6.12", "6.1", NULL};

/* A monitor in C and in Honey, and the empty programs. */
static const char *const monitors[] = {"nop", "memmon", "memmon-honey", NULL};

/* Figures of @kernel (a release: "6.12.94") among the records from @from on, and those of them that
 * another boot gave otherwise. */
static void count(struct cal *c, size_t from, const char *kernel, size_t *figures,
		  size_t *differing, size_t *unstable)
{
	struct json_object *records = sink_records(c->run->sink), *o;
	size_t len = strlen(kernel);

	record_foreach_type (records, o, "exact") {
		const char *k = record_str(o, "kernel", "");

		if (o_i < from || strncmp(k, kernel, len) || (k[len] != '.' && k[len] != '\0') ||
		    !record_get(o, "path"))
			continue;
		++*figures;
		*differing += record_u64(o, "differing", 0) > 0;
		*unstable += record_get(o, "stable") && !record_true(o, "stable");
	}
}

static void judge(struct cal *c, struct json_object *record, size_t from, const char *kernel)
{
	size_t figures = 0, differing = 0, unstable = 0;
	struct json_object *o = json_object_new_object();
	char name[64];

	count(c, from, kernel, &figures, &differing, &unstable);
	json_object_object_add(o, "kernel", json_object_new_string(kernel));
	json_object_object_add(o, "figures", json_object_new_uint64(figures));
	json_object_object_add(o, "differing", json_object_new_uint64(differing));
	json_object_object_add(o, "unstable", json_object_new_uint64(unstable));
	json_object_array_add(cal_list(record, "runs"), o);
	if (!figures)
		return;
	snprintf(name, sizeof(name), "exact lane, Linux %s: figures that differ", kernel);
	cal_add(record,
		&(struct cal_figure){.name = name,
				     .target = "0 over 10 boots",
				     .value = cal_plain((double)differing),
				     .unit = "figures",
				     .n = c->plan.part[CAL_EXACT].runs,
				     .reached = differing ? CAL_MISSED : CAL_REACHED},
		"%zu of %zu, %u boots", differing, figures, c->plan.part[CAL_EXACT].runs);
}

int cal_exact(struct cal *c, struct json_object *record)
{
	struct run run = *c->run;
	size_t from = json_object_array_length(sink_records(c->run->sink));
	char spec[32];
	int err;

	run.monitors = monitors;
	run.kernels = cal_kernels;
	snprintf(spec, sizeof(spec), "boots=%u", c->plan.part[CAL_EXACT].runs);
	err = measure_run(measure_find("exact"), spec, &run);
	if (err == -ENOTSUP)
		json_object_object_add(record, "reason",
				       json_object_new_string("no guest can be booted here"));
	for (const char *const *k = cal_kernels; *k && !err; k++)
		judge(c, record, from, *k);
	return err;
}
