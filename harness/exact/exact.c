/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The exact lane: boots a stock kernel in an emulated machine whose clock counts instructions, and
 * tells for each monitor what a call costs, to the instruction (docs/exact.md).
 */
#include "lib/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/exact/exact.h"
#include "harness/measure.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/honey_source.h"
#include "collector/registry.h"
#include "harness/vm/qemu.h"

struct exact_params {
	uint64_t calls, timeout_s, boots, memory_mib;
};

static const struct param params[] = {
	{"calls", "calls counted for each path", PARAM_U64, offsetof(struct exact_params, calls),
	 400, 16, 1024, NULL},
	{"timeout", "seconds after which a guest is given up", PARAM_U64,
	 offsetof(struct exact_params, timeout_s), 180, 1, 0, NULL},
	{"boots", "boots of each kernel; a figure stands when it is the same in all", PARAM_U64,
	 offsetof(struct exact_params, boots), 1, 1, 100, NULL},
	{"memory", "MiB of memory of the guest", PARAM_U64,
	 offsetof(struct exact_params, memory_mib), 512, 128, 65536, NULL},
	{0},
};

static const char *const default_kernels[] = {"6.12", NULL};

/* The objects that go into the guest. */
struct objects {
	char **names, **paths; /* owned, as are the strings */
	bool *made;	       /* the path is a file made from a Honey source */
	size_t n;
	bool none; /* nothing attached was asked for; it is counted in every boot */
};

static void objects_release(struct objects *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->names[i]);
		if (o->made[i])
			unlink(o->paths[i]);
		free(o->paths[i]);
	}
	free(o->names);
	free(o->paths);
	free(o->made);
	*o = (struct objects){0};
}

static int emit_skip(struct run *run, const char *monitor, const char *reason)
{
	struct json_object *o = record_new("exact");

	record_put(o, "kernel", NULL);
	record_put_str(o, "monitor", monitor);
	record_put(o, "path", NULL);
	record_put_str(o, "status", "skip");
	record_put_str(o, "reason", reason);
	return sink_emit(run->sink, o);
}

/* @path becomes the object that honeyc makes of it. */
static int compile_source(struct objects *o, char **path)
{
	char *object;
	int err = honey_source_compile(*path, &object, NULL);

	free(*path);
	*path = err ? NULL : object;
	o->made[o->n] = !err;
	return err;
}

/* Finds the files; what is no object is skipped with a record. */
static int objects_find(struct run *run, struct objects *o)
{
	const char *const *monitors = run_monitors(run);
	size_t n = 0;
	int err = 0;

	while (monitors[n])
		n++;
	o->names = calloc(n + 1, sizeof(*o->names));
	o->paths = calloc(n + 1, sizeof(*o->paths));
	o->made = calloc(n + 1, sizeof(*o->made));
	if (!o->names || !o->paths || !o->made)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		char *path = NULL;

		if (!strcmp(monitors[i], "none")) {
			o->none = true;
			continue;
		}
		err = registry_find(monitors[i], &path, NULL);
		if (!err && str_ends_with(path, ".ex"))
			err = compile_source(o, &path);
		if (err)
			return err;
		if (!str_ends_with(path, ".o")) {
			err = emit_skip(run, monitors[i],
					"the guest runs BPF objects (.bpf.o) only");
			free(path);
			continue;
		}
		o->paths[o->n] = path;
		o->names[o->n] = registry_display_name(monitors[i]);
		if (!o->names[o->n++])
			return -ENOMEM;
	}
	return err;
}

static int run_kernel(struct run *run, const struct exact_params *p, const struct objects *o,
		      const char *kernel)
{
	struct exact_job job = {.kernel = kernel,
				.names = (const char *const *)o->names,
				.paths = (const char *const *)o->paths,
				.n = o->n,
				.calls = p->calls,
				.timeout_s = (unsigned int)p->timeout_s,
				.seed = run->seed,
				.boots = (unsigned int)p->boots,
				.memory_mib = (unsigned int)p->memory_mib,
				.progress = run->progress};
	struct json_object *records = json_object_new_array(), *r;
	int err = exact_run(&job, records);

	record_foreach (records, r) {
		if (!err)
			err = sink_emit(run->sink, json_object_get(r));
		if (!strcmp(record_str(r, "status", ""), "fail"))
			log_err("%s on Linux %s, %s: %s", record_str(r, "monitor", ""),
				record_str(r, "kernel", ""), record_str(r, "path", "whole"),
				record_str(r, "reason", ""));
	}
	json_object_put(records);
	return err;
}

static const char *const *kernels_of(const struct run *run)
{
	return run_chosen(run->kernels, default_kernels);
}

static unsigned int steps(const struct run *run, const void *params_, double *seconds)
{
	const struct exact_params *p = params_;
	const char *const *monitors = run_monitors(run);
	unsigned int objects = 0, kernels = 0;

	while (monitors[objects])
		objects++;
	while (kernels_of(run)[kernels])
		kernels++;
	*seconds = 1.5;
	return kernels * (unsigned int)p->boots *
	       (objects + 3); /* the boot, nothing attached before and after */
}

static int run_exact(struct run *run, const void *params_)
{
	const struct exact_params *p = params_;
	struct objects objects = {0};
	int err = objects_find(run, &objects);

	for (const char *const *k = kernels_of(run); *k && !err && (objects.n || objects.none); k++)
		err = run_kernel(run, p, &objects, *k);
	objects_release(&objects);
	return err;
}

const struct measure_ops measure_exact = {
	.name = "exact",
	.help = "kernel instructions of each path, counted in an emulated machine: exact to one",
	.params = params,
	.params_size = sizeof(struct exact_params),
	.supported = vm_supported,
	.steps = steps,
	.run = run_exact,
	.print = exact_print,
};
