/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The figures of a record of type `calibrate`. */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "harness/calibrate/cal_stats.h"
#include "harness/record.h"

struct stats_interval cal_plain(double value)
{
	return (struct stats_interval){value, NAN, NAN, NAN};
}

struct json_object *cal_list(struct json_object *o, const char *key)
{
	struct json_object *list = record_get(o, key);

	if (!list) {
		list = json_object_new_array();
		json_object_object_add(o, key, list);
	}
	return list;
}

void cal_add(struct json_object *record, const struct cal_figure *f, const char *fmt, ...)
{
	struct json_object *o = json_object_new_object();
	char measured[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(measured, sizeof(measured), fmt, ap);
	va_end(ap);
	json_object_object_add(o, "figure", json_object_new_string(f->name));
	json_object_object_add(o, "target", f->target ? json_object_new_string(f->target) : NULL);
	json_object_object_add(o, "measured", json_object_new_string(measured));
	cal_put(o, "value", f->value.centre);
	cal_put(o, "low", f->value.low);
	cal_put(o, "high", f->value.high);
	json_object_object_add(o, "unit", json_object_new_string(f->unit));
	json_object_object_add(o, "n", json_object_new_uint64(f->n));
	json_object_object_add(o, "reached",
			       f->reached == CAL_NO_TARGET
				       ? NULL
				       : json_object_new_boolean(f->reached == CAL_REACHED));
	json_object_array_add(cal_list(record, "figures"), o);
}

void cal_add_void(struct json_object *record, size_t unclean, size_t n, const char *what)
{
	/* Beside nothing else it is the reason of a void record. */
	if (unclean && record_count(record, "figures"))
		cal_add(record,
			&(struct cal_figure){.name = "runs that called themselves void",
					     .value = cal_share(unclean, n, 0.95),
					     .unit = "share",
					     .n = n,
					     .reached = CAL_NO_TARGET},
			"%zu of %zu, %s", unclean, n, what);
}
