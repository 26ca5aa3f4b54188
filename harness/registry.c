/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lists of measures, subjects and reporters, from the names the Makefile found in their
 * folders. */
#include "lib/base.h"
#include "harness/plugin.h"

#include "harness/subject.h"

#define PLUGIN(ops) extern const struct measure_ops ops;
#include "measures.inc"
#undef PLUGIN

#define PLUGIN(ops) extern const struct reporter_ops ops;
#include "reporters.inc"
#undef PLUGIN

#define PLUGIN(ops) extern const struct subject_ops ops;
#include "subjects.inc"
#undef PLUGIN

#define PLUGIN(ops) &ops,

const struct measure_ops *const measure_list[] = {
#include "measures.inc"
	NULL,
};

const struct reporter_ops *const reporter_list[] = {
#include "reporters.inc"
	NULL,
};

const struct subject_ops *const subject_list[] = {
#include "subjects.inc"
	NULL,
};

const struct subject_ops *subject_of(const struct monitor_info *info)
{
	const struct subject_ops *const *s = subject_list;

	while (*s && (*s)->words != info->words)
		s++;
	return *s;
}

enum workload_subject subject_workloads(const struct monitor_info *info)
{
	const struct subject_ops *s = subject_of(info);

	if (s && s->workloads_by)
		return s->workloads_by(info->definition);
	return s ? s->workloads : WORKLOAD_MEMORY;
}

bool subject_times_working(const struct monitor_info *info)
{
	const struct subject_ops *s = subject_of(info);

	return s && s->times_working && s->times_working(info->definition);
}

void subjects_know(void)
{
	for (const struct subject_ops *const *s = subject_list; *s; s++)
		vocabulary_add((*s)->words);
}
