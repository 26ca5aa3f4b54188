/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a guest is given of this machine: our program, the objects, files that the user names. */
#ifndef HARNESS_GUEST_FILES_H
#define HARNESS_GUEST_FILES_H

#include <json-c/json.h>

#include "lib/base.h"
#include "harness/vm/initrd.h"
#include "harness/vm/processor.h"

/* Pairs "path in the guest", "path here", ended by NULL: as struct vm_command takes them. */
struct guest_files {
	char **v;
	size_t n; /* strings */
};

/* Each returns 0 or -errno; -ENOMEM is not said. */
int guest_files_add(struct guest_files *f, const char *as, const char *path);
/* Every object that ships for @p, with its manifest, as /bin/bpf/FOLDER/NAME. */
int guest_files_add_objects(struct guest_files *f, const struct processor *p);
/* Is our program for a guest of @p there? Returns 0, or -ENOTSUP after saying what builds it
 * (lib/why.h). */
int guest_files_built(const struct processor *p, struct strbuf *why);
/* The static beebench for @p, as /bin/beebench. Returns as guest_files_built(). */
int guest_files_add_beebench(struct guest_files *f, const struct processor *p);

/* What stands for an object in a guest: a file. */
struct guest_file {
	char *path;
	bool made; /* from a Honey source */
};

/*
 * The object for @p of what registry_find() found: of one that ships that of the same name, a Honey
 * source compiled for @p, else @path itself. The caller releases it. Returns 0, or -errno after
 * saying why (lib/why.h): -EINVAL (no whole BPF object, of the other byte order, a source with
 * errors), -ENOTSUP (it is not built for @p; with the command that builds it).
 */
int guest_file_object(const struct processor *p, const char *path, struct guest_file *f,
		      struct strbuf *why);
void guest_file_release(struct guest_file *f);
/* Is there such an object, and whole? Returns as guest_file_object(); a source is not compiled. */
int guest_file_check(const struct processor *p, const char *path, struct strbuf *why);

/*
 * Packs the object for @p of @path, as guest_file_object() has it, under a name of its own in a
 * folder of its own; the pair of that name and @path is appended to @called. Its size goes to
 * @bytes, which may be NULL. Returns as guest_file_object().
 */
int guest_files_pack(struct guest_files *called, struct initrd *rd, const struct processor *p,
		     const char *path, uint64_t *bytes, struct strbuf *why);

/* What a guest said names files by where they lay there: calls those of @called by their paths
 * here, in a text or in every string of a record. */
void guest_files_call(const struct guest_files *called, struct strbuf *text);
void guest_files_call_record(const struct guest_files *called, struct json_object *o);

void guest_files_release(struct guest_files *f);

#endif
