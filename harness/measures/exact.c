/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The exact lane: boots a stock kernel in an emulated machine whose clock counts instructions, and
 * tells for each monitor what a call costs, to the instruction (docs/exact.md).
 */
#include "lib/base.h"

#include <stdlib.h>
#include <string.h>

#include "harness/exact.h"
#include "harness/plugin.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/result.h"
#include "lib/log.h"
#include "monitor/registry.h"
#include "vm/kernel.h"
#include "vm/plan.h"
#include "vm/qemu.h"

struct exact_params {
	uint64_t calls, timeout_s;
};

static const struct param params[] = {
	{"calls",	  "calls counted for each path", PARAM_U64, offsetof(struct exact_params, calls),
	 400, 16, 1024, NULL},
	{"timeout", "seconds after which a guest is given up", PARAM_U64,
	 offsetof(struct exact_params, timeout_s), 180, 1, 0, NULL},
	{0	  },
};

static const char *const default_kernels[] = {"6.12", NULL};

/* The objects that go into the guest. */
struct objects {
	char **names, **paths; /* owned, as are the strings */
	size_t n;
};

static void objects_release(struct objects *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->names[i]);
		free(o->paths[i]);
	}
	free(o->names);
	free(o->paths);
	*o = (struct objects){0};
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static int emit_skip(struct run *run, const char *monitor, const char *reason)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "type", json_object_new_string("exact"));
	json_object_object_add(o, "kernel", NULL);
	json_object_object_add(o, "monitor", json_object_new_string(monitor));
	json_object_object_add(o, "path", NULL);
	json_object_object_add(o, "status", json_object_new_string("skip"));
	json_object_object_add(o, "reason", json_object_new_string(reason));
	return sink_emit(run->sink, o);
}

/* Finds the files; what is no object is skipped with a record. */
static int objects_find(struct run *run, struct objects *o)
{
	size_t n = 0;
	int err = 0;

	while (run->monitors[n])
		n++;
	o->names = calloc(n + 1, sizeof(*o->names));
	o->paths = calloc(n + 1, sizeof(*o->paths));
	if (!o->names || !o->paths)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		char *path = NULL;

		if (!strcmp(run->monitors[i], "none"))
			continue; /* always measured */
		err = registry_find(run->monitors[i], &path);
		if (err)
			return err;
		if (!ends_with(path, ".o")) {
			err = emit_skip(run, run->monitors[i],
					"the guest runs BPF objects (.bpf.o) only");
			free(path);
			continue;
		}
		o->paths[o->n] = path;
		o->names[o->n] = registry_display_name(path);
		if (!o->names[o->n++])
			return -ENOMEM;
	}
	return err;
}

static int pack(const struct objects *o, const struct exact_params *p, struct initrd *rd)
{
	const char **words = calloc(o->n + 3, sizeof(*words));
	char calls[32], (*paths)[32] = calloc(o->n + 1, sizeof(*paths));
	int err = words && paths ? plan_begin(rd) : -ENOMEM;

	if (!err) {
		snprintf(calls, sizeof(calls), "calls=%llu", (unsigned long long)p->calls);
		words[0] = "exact";
		words[1] = calls;
	}
	for (size_t i = 0; i < o->n && !err; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/bpf/%zu.bpf.o", i);
		words[2 + i] = paths[i];
		err = initrd_add_file(rd, paths[i], false, o->paths[i]);
	}
	if (!err)
		err = plan_end(rd, words);
	free(words);
	free(paths);
	return err;
}

/* What a boot has said so far. */
struct hearing {
	struct run *run;
	const struct objects *objects;
	const char *kernel;
	struct json_object *guest; /* its records */
	struct strbuf release;	   /* of the kernel, as it says itself */
};

static void hear(void *arg, enum vm_kind kind, const char *text, size_t len UNUSED)
{
	struct hearing *h = arg;
	struct json_object *o;

	if (kind == VM_RELEASE) {
		strbuf_reset(&h->release);
		strbuf_addstr(&h->release, text);
	} else if (kind == VM_STEP) {
		size_t i = strtoul(text, NULL, 10);

		progress_step(h->run->progress, "%s on %s",
			      i < h->objects->n ? h->objects->names[i] : "nothing attached",
			      h->kernel);
	} else if (kind == VM_RECORD) {
		o = json_tokener_parse(text);
		if (o)
			json_object_array_add(h->guest, o);
		else
			log_warn("the guest said what is no JSON: %.100s", text);
	}
}

static int judge(struct run *run, const struct hearing *h, int code)
{
	struct exact_subject s = {h->release.s, (const char *const *)h->objects->names,
				  h->objects->n};
	struct json_object *records = json_object_new_array(), *r;
	int err = exact_judge(h->guest, &s, records);

	record_foreach (records, r) {
		if (!err)
			err = sink_emit(run->sink, json_object_get(r));
		if (!strcmp(record_str(r, "status", ""), "fail"))
			log_err("%s on Linux %s, %s: %s", record_str(r, "monitor", ""),
				h->release.s, record_str(r, "path", "whole"),
				record_str(r, "reason", ""));
	}
	json_object_put(records);
	if (!err && code > 1) {
		log_err("the guest's program ended with exit code %d", code);
		err = -EPROTO;
	}
	return err;
}

static int run_kernel(struct run *run, const struct exact_params *p, const struct objects *objects,
		      const struct initrd *rd, const char *name)
{
	struct vm_kernel kernel = VM_KERNEL_INIT;
	struct hearing h = {run, objects, name, json_object_new_array(), STRBUF_INIT};
	struct vm_boot boot = {.initrd = rd,
			       .counting = true,
			       .seed = run->seed,
			       .timeout_s = (unsigned int)p->timeout_s,
			       .interrupted = run_interrupted,
			       .line = hear,
			       .arg = &h};
	int err, code = 0;

	progress_step(run->progress, "booting %s", name);
	err = vm_kernel_find(&kernel, name);
	if (!err) {
		boot.kernel = kernel.path.s;
		err = vm_boot(&boot, &code);
	}
	if (!err)
		err = judge(run, &h, code);
	json_object_put(h.guest);
	strbuf_release(&h.release);
	vm_kernel_release(&kernel);
	return err;
}

static const char *const *kernels_of(const struct run *run)
{
	return run->kernels && run->kernels[0] ? run->kernels : default_kernels;
}

static unsigned int steps(const struct run *run, const void *params_ UNUSED, double *seconds)
{
	unsigned int objects = 0, kernels = 0;

	while (run->monitors[objects])
		objects++;
	while (kernels_of(run)[kernels])
		kernels++;
	*seconds = 2.5;
	return kernels * (objects + 3); /* the boot, nothing attached before and after */
}

static int run_exact(struct run *run, const void *params_)
{
	const struct exact_params *p = params_;
	struct objects objects = {0};
	struct initrd rd = INITRD_INIT;
	int err = objects_find(run, &objects);

	if (!err)
		err = pack(&objects, p, &rd);
	for (const char *const *k = kernels_of(run); *k && !err; k++)
		err = run_kernel(run, p, &objects, &rd, *k);
	initrd_release(&rd);
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
