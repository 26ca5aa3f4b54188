/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One boot of the exact lane: packs the objects, listens to the guest, has its counts judged. */
#include "lib/base.h"
#include "harness/exact/exact.h"

#include <stdlib.h>
#include <string.h>

#include "harness/plugin.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/log.h"
#include "lib/why.h"
#include "harness/vm/guest_files.h"
#include "harness/vm/kernel.h"
#include "harness/vm/plan.h"
#include "harness/vm/qemu.h"
#include "lib/strbuf.h"

/* What each boot of a kernel takes. */
struct boots {
	struct vm_kernel kernel;
	struct initrd rd;
	struct guest_files called; /* the objects, by the names that they have there */
	uint64_t *bytes;	   /* of each object */
};

/* The sizes of the files stand in the static lane's records too, and only the host knows them. */
static int pack(const struct exact_job *job, const struct processor *p, struct boots *b)
{
	struct initrd *rd = &b->rd;
	const char **words = calloc(job->n + 4, sizeof(*words));
	struct strbuf events = STRBUF_INIT;
	size_t n = 0;
	char calls[32];
	int err = words ? plan_begin(rd, p, job->why) : -ENOMEM;

	if (!err) {
		snprintf(calls, sizeof(calls), "calls=%llu", (unsigned long long)job->calls);
		words[n++] = "exact";
		words[n++] = calls;
	}
	for (const char *const *e = job->events; e && *e; e++)
		strbuf_addf(&events, "%s%s", events.len ? "," : job->also ? "also=" : "only=", *e);
	if (events.len)
		words[n++] = events.s;
	for (size_t i = 0; i < job->n && !err; i++) {
		err = guest_files_pack(&b->called, rd, p, job->paths[i], &b->bytes[i], job->why);
		words[n++] = err ? NULL : b->called.v[2 * i];
	}
	if (!err)
		err = plan_end(rd, words);
	strbuf_release(&events);
	free(words);
	return err;
}

/* What a boot has said so far. */
struct hearing {
	const struct exact_job *job;
	const struct boots *boots;
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
	} else if (kind == VM_STEP && h->job->progress) {
		size_t i = strtoul(text, NULL, 10);

		progress_step(h->job->progress, "%s on %s",
			      i < h->job->n ? h->job->names[i] : "nothing attached",
			      h->job->kernel);
	} else if (kind == VM_RECORD) {
		o = json_tokener_parse(text);
		guest_files_call_record(&h->boots->called, o);
		if (o)
			json_object_array_add(h->guest, o);
		else
			log_warn("the guest said what is no JSON: %.100s", text);
	}
}

static void add_sizes(const uint64_t *bytes, struct json_object *records)
{
	struct json_object *o;

	record_foreach_type (records, o, "static")
		record_put_u64(o, "object_bytes", bytes[record_u64(o, "index", 0)]);
}

/* What the guest said becomes records. */
static int judge(const struct hearing *h, struct json_object *out)
{
	const struct exact_subject subject = {h->release.s, h->job->names, h->job->n, h->job->why};
	int err = exact_judge(h->guest, &subject, out);

	if (!err)
		err = exact_static(h->guest, &subject, out);
	if (!err)
		add_sizes(h->boots->bytes, out);
	return err;
}

/* Appends the records of one boot to @out. */
static int run_boot(const struct exact_job *job, const struct boots *b, unsigned int number,
		    struct json_object *out)
{
	struct hearing h = {job, b, json_object_new_array(), STRBUF_INIT};
	struct vm_boot boot = {.kernel = &b->kernel,
			       .initrd = &b->rd,
			       .seed = job->seed + number,
			       .memory_mib = job->memory_mib,
			       .timeout_s = job->timeout_s,
			       .why = job->why,
			       .interrupted = run_interrupted,
			       .line = hear,
			       .arg = &h};
	int code = 0, err;

	if (job->progress)
		progress_step(job->progress, "booting %s", job->kernel);
	err = vm_boot(&boot, &code);
	if (!err)
		err = judge(&h, out);
	if (!err && code > 1) {
		why_err(job->why, "the guest's program ended with exit code %d", code);
		err = -EPROTO;
	}
	json_object_put(h.guest);
	strbuf_release(&h.release);
	return err;
}

static int run_boots(const struct exact_job *job, const struct boots *b, struct json_object *out)
{
	unsigned int n = MAX(job->boots, 1u);
	struct json_object **boots = calloc(n, sizeof(*boots)), *o;
	int err = boots ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < n && !err; i++) {
		boots[i] = json_object_new_array();
		err = run_boot(job, b, i, boots[i]);
	}
	if (!err) {
		exact_boots(boots, n);
		record_foreach (boots[0], o)
			json_object_array_add(out, json_object_get(o));
	}
	for (unsigned int i = 0; boots && i < n; i++)
		json_object_put(boots[i]);
	free(boots);
	return err;
}

int exact_run(const struct exact_job *job, struct json_object *out)
{
	struct boots b = {.kernel = VM_KERNEL_INIT,
			  .rd = INITRD_INIT,
			  .bytes = calloc(job->n + 1, sizeof(*b.bytes))};
	int err = b.bytes ? vm_kernel_find(&b.kernel, job->kernel, job->why) : -ENOMEM;

	if (!err)
		err = pack(job, b.kernel.processor, &b);
	if (!err)
		err = run_boots(job, &b, out);
	vm_kernel_release(&b.kernel);
	initrd_release(&b.rd);
	guest_files_release(&b.called);
	free(b.bytes);
	return err;
}
