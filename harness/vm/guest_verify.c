/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs the trials of `verify` in a guest and takes their records over. */
#include "lib/base.h"
#include "harness/vm/guest_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/vm/guest_files.h"
#include "harness/vm/guest_monitors.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/result.h"
#include "lib/cgroup.h"
#include "lib/log.h"
#include "collector/features.h"
#include "collector/manifest.h"
#include "harness/vm/kernel.h"
#include "harness/vm/plan.h"
#include "lib/strbuf.h"

enum { GUEST_MEMORY_MIB = 1024, GUEST_TIMEOUT_S = 1800 };

int guest_verify_needed(struct strbuf *why)
{
	int err = feature_bpf();

	if (!err)
		err = feature_program_tracepoint();
	if (err) {
		strbuf_addf(why, "this machine does not let us use BPF (%s; %s)", strerror(-err),
			    geteuid() ? "as root: sudo beebench verify"
				      : "root needs CAP_BPF and CAP_PERFMON");
		return err;
	}
	err = cgroup_may();
	if (err) {
		strbuf_addf(why,
			    "a trial is a cgroup of its own, and this machine does not let us make "
			    "one (%s; as root: sudo beebench verify)",
			    strerror(-err));
		return err;
	}
	err = feature_btf();
	if (err)
		strbuf_addstr(why, "this kernel has no BTF (/sys/kernel/btf/vmlinux; boot one with "
				   "CONFIG_DEBUG_INFO_BTF=y)");
	return err;
}

/* What is packed for the guest. */
struct parcel {
	struct strbuf means; /* of --means: the text itself; "" where nobody said */
	struct guest_files files;
	struct guest_monitors monitors;
	struct strbuf workloads, options;
};

static void parcel_release(struct parcel *p)
{
	guest_files_release(&p->files);
	guest_monitors_release(&p->monitors);
	strbuf_release(&p->workloads);
	strbuf_release(&p->options);
	strbuf_release(&p->means);
}

static void add_workload(struct parcel *p, const struct workload *w)
{
	strbuf_addf(&p->workloads, "%s%s", p->workloads.len ? "," : "", workload_name(w));
	if (w->ops->params && w->ops->params->name) {
		strbuf_addch(&p->workloads, ':');
		param_format(w->ops->params, w->params, &p->workloads);
	}
}

/* The guest has no file of ours: it is told the definition itself. */
static int add_means(struct parcel *p, const char *means)
{
	int err = 0;

	if (means && manifest_means_is_path(means))
		err = strbuf_read_file(&p->means, means);
	else if (means)
		strbuf_addstr(&p->means, means);
	if (err)
		log_err_sys(err, "cannot read the definition %s", means);
	return err;
}

static int pack(struct parcel *p, const struct processor *cpu, const struct guest_trials *t,
		const char *means)
{
	int err = guest_files_add_beebench(&p->files, cpu);

	if (!err)
		err = add_means(p, means);
	if (!err)
		err = guest_files_add_objects(&p->files, cpu);
	for (size_t i = 0; !err && t->monitors[i]; i++)
		err = guest_monitors_add(&p->monitors, &p->files, cpu, t->monitors[i]);
	for (size_t i = 0; i < t->nworkloads; i++)
		add_workload(p, t->workloads[i]);
	strbuf_addf(&p->options, "guest=no,limit=%" PRIu64 ",ignore-exit=%s", t->limit_s,
		    t->ignore_exit ? "yes" : "no");
	return err;
}

/* What the guest has said so far. */
struct hearing {
	struct run *run;
	const struct parcel *parcel;
	struct strbuf release;
	size_t records;
	int err; /* of the sink */
};

static void take_record(struct hearing *h, const char *text)
{
	struct json_object *o = json_tokener_parse(text);
	const char *workload = record_str(o, "workload", "");

	if (!record_is(o, "trial")) {
		json_object_put(o);
		return;
	}
	guest_files_call_record(&h->parcel->monitors.called, o);
	guest_files_call_record(&h->parcel->files, o);
	progress_step(h->run->progress, "%s beside %s in a guest", record_str(o, "monitor", ""),
		      workload);
	json_object_object_add(o, "guest", json_object_new_boolean(true));
	json_object_object_add(o, "kernel", json_object_new_string(h->release.s));
	if (!strcmp(record_str(o, "status", ""), "skip") &&
	    !strncmp(workload, "stress-ng", strlen("stress-ng")))
		json_object_object_add(o, "reason",
				       json_object_new_string("the guest has no stress-ng"));
	h->records++;
	if (!h->err)
		h->err = sink_emit(h->run->sink, o);
	else
		json_object_put(o);
}

static void say(const struct hearing *h, const char *text)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addstr(&line, text);
	guest_files_call(&h->parcel->monitors.called, &line);
	guest_files_call(&h->parcel->files, &line);
	fprintf(stderr, "%s\n", line.s);
	strbuf_release(&line);
}

static void hear(void *arg, enum vm_kind kind, const char *text, size_t len UNUSED)
{
	struct hearing *h = arg;

	if (kind == VM_RELEASE) {
		strbuf_reset(&h->release);
		strbuf_addstr(&h->release, text);
	} else if (kind == VM_STDOUT) {
		take_record(h, text);
	} else if (kind == VM_STDERR || kind == VM_STDERR_PART) {
		say(h, text);
	}
}

/* What the exit code of the guest's beebench means to us. */
static int judge_exit(int code, const struct hearing *h)
{
	if (code == EXIT_OK || code == EXIT_BAD || code == EXIT_INCONCLUSIVE ||
	    (code == EXIT_SKIP && h->records))
		return 0;
	if (code == EXIT_SKIP)
		return -ENOTSUP;
	if (code == EXIT_USAGE)
		return -EINVAL;
	log_err("beebench ended in the guest with code %d after %zu trials%s", code, h->records,
		code > 128 ? " (128 and the signal)" : "");
	return -EPROTO;
}

static int boot(struct hearing *h, const struct vm_kernel *kernel, const struct parcel *p)
{
	const char *argv[20] = {"beebench", "verify", "-q", "--out", "-"};
	struct vm_command cmd = {.kernel = kernel,
				 .argv = argv,
				 .files = (const char *const *)p->files.v,
				 .memory_mib = GUEST_MEMORY_MIB,
				 .timeout_s = GUEST_TIMEOUT_S,
				 .interrupted = run_interrupted,
				 .line = hear,
				 .arg = h};
	size_t n = 5;
	char seed[32];
	int code, err;

	snprintf(seed, sizeof(seed), "%" PRIu64, h->run->seed);
	memcpy(argv + n,
	       (const char *[]){"-m", p->monitors.names.s, "-o", p->options.s, "-s", seed},
	       6 * sizeof(*argv));
	n += 6;
	if (p->workloads.len) {
		argv[n++] = "-w";
		argv[n++] = p->workloads.s;
	}
	if (p->means.len) {
		argv[n++] = "--means";
		argv[n++] = p->means.s;
	}
	if (h->run->quick)
		argv[n++] = "--quick";
	err = vm_run(&cmd, &code);
	if (!err)
		err = h->err ? h->err : judge_exit(code, h);
	return err;
}

int guest_verify(struct run *run, const struct guest_trials *t)
{
	struct parcel p = {.means = STRBUF_INIT,
			   .monitors = GUEST_MONITORS_INIT,
			   .workloads = STRBUF_INIT,
			   .options = STRBUF_INIT};
	struct vm_kernel kernel = VM_KERNEL_INIT;
	struct hearing h = {.run = run, .parcel = &p, .release = STRBUF_INIT};
	int err = vm_kernel_find(&kernel, t->kernel, NULL);

	if (!err)
		err = pack(&p, kernel.processor, t, run->means);
	if (!err)
		err = boot(&h, &kernel, &p);
	strbuf_release(&h.release);
	vm_kernel_release(&kernel);
	parcel_release(&p);
	return err;
}
