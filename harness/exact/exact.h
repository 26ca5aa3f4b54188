/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The exact lane: boots that count (exact_run), and their judgement: what the guest counted
 * (harness/vm/guest/guest_exact.h) becomes records of type "exact", what it said at loading records
 * of type "static" (docs/results.md). All but exact_run() are pure functions.
 */
#ifndef HARNESS_EXACT_H
#define HARNESS_EXACT_H

#include <stdio.h>

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/strbuf.h"

struct progress;

/* One kernel's boots. Objects compared with each other belong into the same ones. */
struct exact_job {
	const char *kernel;	  /* as vm_kernel_find() takes it */
	const char *const *names; /* what the records call the objects */
	const char *const *paths; /* their files here, or Honey sources: guest_file_object() */
	size_t n;
	const char *const *events; /* calls by the names of timed events, ended by NULL; NULL: the
				      objects' own, by where their programs stand */
	bool also;		   /* @events besides those, not instead of them */
	uint64_t calls;		   /* counted for each path: 2 to 1024 */
	uint64_t seed;		   /* of the first boot, the next one has the next, .. */
	unsigned int boots;	   /* 0: one */
	unsigned int memory_mib;   /* 0: 512 */
	unsigned int timeout_s;	   /* of a boot */
	struct progress *progress; /* steps of a boot: the boot, nothing attached, each object,
				      nothing attached; may be NULL */
	struct strbuf *why;	   /* where reasons go (lib/why.h); NULL: they are said */
};

/*
 * Appends the records to the JSON array @out. Returns 0 (an object that the kernel refuses is a
 * record with "status": "fail"), or -errno after saying why: -ENOTSUP (no QEMU or no kernel is to
 * be had), -EINTR, -ETIMEDOUT, -EPROTO.
 */
int exact_run(const struct exact_job *job, struct json_object *out);

/* The counts of one path: its figure is the value that was taken most often. */
struct exact_figure {
	uint64_t instructions, taken; /* the mode and how many of the calls had it */
	uint64_t next, next_taken; /* the value taken second most often; 0 taken: there is none */
	uint64_t calls;
	uint64_t different; /* values seen, the mode included */
	bool stable;	    /* exact_stable() of these */
};

/*
 * A figure stands when another boot would find the same: it stands out (vm_stands_out()), and is
 * the mode of the first and of the second half of the calls (@halves). Otherwise the path is said
 * to have no stable figure.
 */
bool exact_stable(const struct exact_figure *f, const uint64_t halves[2]);

/* From a record of the guest with "values", "halves" and "calls". Returns 0 or -EINVAL. */
int exact_figure_read(struct json_object *guest_record, struct exact_figure *out);

struct exact_subject {
	const char *kernel;	     /* release: "6.12.117+deb12-cloud-amd64" */
	const char *const *monitors; /* name of each object of the plan */
	size_t nmonitors;
	struct strbuf *why; /* as in struct exact_job */
};

/*
 * Appends records to the JSON array @out from the JSON array @guest of everything the guest said.
 * Returns 0, or -EINVAL after saying what of @guest makes no sense.
 */
int exact_judge(struct json_object *guest, const struct exact_subject *subject,
		struct json_object *out);

/*
 * Appends a record of type "static" for each object that was loaded: the static lane from the
 * guest. Returns 0, or -EINVAL after saying what of @guest makes no sense.
 */
int exact_static(struct json_object *guest, const struct exact_subject *subject,
		 struct json_object *out);

/*
 * Holds the records of @n boots (JSON arrays) against each other. Those of the first get "boots"
 * and "differing": in how many of the other boots a figure is another one, or the record is
 * missing. Such a figure is withdrawn ("void", what each boot counted in "found"). Where a boot has
 * no stable figure there is none of all of them, and no boot contradicts another.
 */
void exact_boots(struct json_object *const boots[], size_t n);

/* The records of type "exact" among @records as a table for a person. */
void exact_print(struct json_object *records, FILE *out);

#endif
