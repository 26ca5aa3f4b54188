/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list of workloads, and how a user's words become one. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/suggest.h"

#define PLUGIN(ops) extern const struct workload_ops ops;
#include "workloads.inc"
#undef PLUGIN

#define PLUGIN(ops) &ops,

const struct workload_ops *const workload_list[] = {
#include "workloads.inc"
	NULL,
};

static const struct workload_ops *find(const char *name, size_t len)
{
	for (const struct workload_ops *const *w = workload_list; *w; w++) {
		if (!strncmp((*w)->name, name, len) && !(*w)->name[len])
			return *w;
	}
	return NULL;
}

static void say_unknown(const char *name)
{
	const char *names[ARRAY_SIZE(workload_list)], *near;
	size_t n = 0;

	for (const struct workload_ops *const *w = workload_list; *w; w++)
		names[n++] = (*w)->name;
	near = suggest_nearest(name, names, n);
	if (near)
		log_err("no workload '%s'; did you mean '%s'?", name, near);
	else
		log_err("no workload '%s'; see 'beebench list workloads', or give a command after "
			"'--'",
			name);
}

int workload_parse(struct workload *w, const char *spec, uint64_t seed)
{
	size_t len = strcspn(spec, ":");
	int err;

	*w = (struct workload){.seed = seed};
	w->ops = find(spec, len);
	if (!w->ops) {
		char *name = strndup(spec, len);

		if (!name)
			abort();
		say_unknown(name);
		free(name);
		return -EINVAL;
	}
	w->params = calloc(1, MAX(w->ops->params_size, (size_t)1));
	if (!w->params)
		abort();
	param_defaults(w->ops->params, w->params);
	err = param_parse(w->ops->params, w->ops->name, spec[len] ? spec + len + 1 : NULL,
			  w->params);
	if (!err && w->ops->check)
		err = w->ops->check(w->params);
	if (err)
		workload_release(w);
	return err;
}

void workload_from_command(struct workload *w, char *const argv[])
{
	*w = (struct workload){.command = argv};
}

void workload_release(struct workload *w)
{
	free(w->params);
	*w = (struct workload){0};
}

int workload_proof(const struct workload *w, const char *output, struct strbuf *why)
{
	const struct workload_ops *ops = w->ops;

	if (!ops) {
		const char *slash = strrchr(w->command[0], '/');
		const char *name = slash ? slash + 1 : w->command[0];

		ops = find(name, strlen(name));
	}
	return ops && ops->proof ? ops->proof(w->params, output, why) : 0;
}

const char *workload_name(const struct workload *w)
{
	return w->ops ? w->ops->name : "command";
}
