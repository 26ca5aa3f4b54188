/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The exact lane: boots a stock kernel in an emulated machine whose clock counts instructions, and
 * tells for each monitor what a call costs, to the instruction (docs/exact.md).
 */
#include "lib/base.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/exact/exact.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"
#include "collector/collect.h"
#include "collector/registry.h"
#include "harness/vm/guest_files.h"
#include "harness/vm/kernel.h"
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
	char **names, **paths; /* of objects and Honey sources; owned, as are the strings */
	size_t n;
	bool none; /* nothing attached was asked for; it is counted in every boot */
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
	if (!o->names || !o->paths)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		char *path = NULL, *named;

		if (!strcmp(monitors[i], "none")) {
			o->none = true;
			continue;
		}
		err = registry_find(monitors[i], &path, NULL);
		if (err)
			return err;
		named = monitor_object(monitors[i]);
		if (named) {
			free(path);
			path = named;
		}
		if (!str_ends_with(path, ".o") && !str_ends_with(path, ".ex")) {
			err = emit_skip(
				run, monitors[i],
				monitor_starts(monitors[i])
					? "it is a library in the program that it starts, and "
					  "the guest counts what the kernel does for BPF "
					  "objects (.bpf.o)"
					: "the guest runs BPF objects (.bpf.o) only");
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

static struct exact_job job_of(const struct run *run, const struct exact_params *p,
			       const struct objects *o, const char *kernel)
{
	return (struct exact_job){.kernel = kernel,
				  .events = run->events && *run->events ? run->events : NULL,
				  .names = (const char *const *)o->names,
				  .paths = (const char *const *)o->paths,
				  .n = o->n,
				  .calls = p->calls,
				  .timeout_s = (unsigned int)p->timeout_s,
				  .seed = run->seed,
				  .boots = (unsigned int)p->boots,
				  .memory_mib = (unsigned int)p->memory_mib,
				  .progress = run->progress};
}

/* Of each boot: the boot, nothing attached before and after, each object. */
static unsigned int steps_of(const struct exact_job *job)
{
	return MAX(job->boots, 1u) * ((unsigned int)job->n + 3);
}

static int emit(struct run *run, struct json_object *records)
{
	struct json_object *r;
	int err = 0;

	record_foreach (records, r) {
		if (!err)
			err = sink_emit(run->sink, json_object_get(r));
		if (!strcmp(record_str(r, "status", ""), "fail"))
			log_err("%s on Linux %s, %s: %s", record_str(r, "monitor", ""),
				record_str(r, "kernel", ""), record_str(r, "path", "whole"),
				record_str(r, "reason", ""));
	}
	return err;
}

static int run_kernel(struct run *run, const struct exact_job *job)
{
	struct json_object *records = json_object_new_array();
	int err = exact_run(job, records), emitted = emit(run, records);

	json_object_put(records);
	return err ? err : emitted;
}

/* --- several kernels at once --- */

/* A boot of another kernel beside ours, in a process of its own: guests do not disturb each other's
 * counts, each is a machine whose clock counts instructions. */
struct beside {
	struct exact_job job;
	struct subproc child;
	int fd; /* memory where it leaves its records */
};

static int boot_beside(void *arg)
{
	struct beside *b = arg;
	struct json_object *records = json_object_new_array();
	int err = exact_run(&b->job, records);

	if (!err && json_object_to_fd(b->fd, records, JSON_C_TO_STRING_PLAIN))
		err = -EIO;
	return -err;
}

static int beside_start(struct beside *b, const struct exact_job *job)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	int err;

	b->job = *job;
	b->job.progress = NULL;
	b->fd = memfd_create("exact", MFD_CLOEXEC);
	if (b->fd < 0) {
		err = -errno;
		log_err_sys(err, "no memory for the records of Linux %s", job->kernel);
		return err;
	}
	opts.child = boot_beside;
	opts.arg = b;
	return subproc_start(&b->child, &opts);
}

/* Waits for it and emits what it counted. */
static int beside_finish(struct beside *b, struct run *run)
{
	struct json_object *records = NULL;
	int err = -ETIMEDOUT;

	while (err == -ETIMEDOUT || err == -EINTR)
		err = run_interrupted() ? -ECANCELED : subproc_wait(&b->child, 100);
	if (err)
		return err == -ECANCELED ? -EINTR : err;
	if (!WIFEXITED(b->child.status))
		return -ECHILD;
	err = -WEXITSTATUS(b->child.status); /* it has said why */
	if (!err && lseek(b->fd, 0, SEEK_SET) == 0)
		records = json_object_from_fd(b->fd);
	if (!err)
		err = records ? emit(run, records) : -EPROTO;
	json_object_put(records);
	return err;
}

/* As many kernels as there are CPUs, the first of them here. Records come in the kernels' order. */
static int run_batch(struct run *run, const struct exact_job *jobs, size_t n)
{
	struct beside *others = calloc(n, sizeof(*others));
	int err = others ? 0 : -ENOMEM;
	size_t started = 1;

	for (size_t i = 1; others && i < n; i++)
		others[i] = (struct beside){.child = SUBPROC_INIT, .fd = -1};
	for (; !err && started < n; started++)
		err = beside_start(&others[started], &jobs[started]);
	if (!err)
		err = run_kernel(run, &jobs[0]);
	for (size_t i = 1; !err && i < started; i++) {
		err = beside_finish(&others[i], run);
		for (unsigned int k = 0; !err && k < steps_of(&jobs[i]); k++)
			progress_step(run->progress, "%s", jobs[i].kernel);
	}
	for (size_t i = 1; others && i < n; i++) {
		subproc_kill(&others[i].child, 0);
		subproc_release(&others[i].child);
		if (others[i].fd >= 0)
			close(others[i].fd);
	}
	free(others);
	return err;
}

/* What has to be fetched is fetched one after the other. Nothing is booted for an object that is
 * not whole. */
static int find_kernels(const char *const *kernels, const struct objects *o)
{
	int err = 0;

	for (; *kernels && !err; kernels++) {
		struct vm_kernel kernel = VM_KERNEL_INIT;

		err = vm_kernel_find(&kernel, *kernels, NULL);
		for (size_t i = 0; !err && i < o->n; i++)
			err = guest_file_check(kernel.processor, o->paths[i], NULL);
		vm_kernel_release(&kernel);
	}
	return err;
}

static size_t cpus_to_use(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (size_t)CPU_COUNT(&set);
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
	return kernels *
	       steps_of(&(struct exact_job){.boots = (unsigned int)p->boots, .n = objects});
}

/* Of the timed events those that are one call: a harmless one, or one of memory's own paths. */
static int check_events(const char *const *events)
{
	static const char *const own[] = {"mmap", "munmap", "brk", "other", "kmalloc+kfree"};

	for (; events && *events; events++) {
		int event = timed_event_find(*events);
		bool known = event >= 0 && timed_event(event)->row;

		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			known |= !strcmp(own[i], *events);
		if (known)
			continue;
		log_err("exact: nothing is counted at '%s'; there are mmap, munmap, brk, other, "
			"kmalloc+kfree and the system calls of 'beebench list events'",
			*events);
		return -EINVAL;
	}
	return 0;
}

static int run_exact(struct run *run, const void *params_)
{
	const struct exact_params *p = params_;
	const char *const *kernels = kernels_of(run);
	size_t n = 0, at_once = cpus_to_use();
	struct objects objects = {0};
	struct exact_job *jobs = NULL;
	int err = check_events(run->events);

	if (!err)
		err = objects_find(run, &objects);
	while (kernels[n])
		n++;
	if (err || (!objects.n && !objects.none))
		goto out;
	jobs = calloc(n, sizeof(*jobs));
	err = jobs ? find_kernels(kernels, &objects) : -ENOMEM;
	for (size_t i = 0; jobs && i < n; i++)
		jobs[i] = job_of(run, p, &objects, kernels[i]);
	for (size_t i = 0; i < n && !err; i += at_once)
		err = run_batch(run, &jobs[i], MIN(at_once, n - i));
out:
	free(jobs);
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
	.takes = TAKES_EVENTS | TAKES_KERNELS,
	.run = run_exact,
	.print = exact_print,
};
