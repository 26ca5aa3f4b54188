/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns what libbpf and the verifier say into an error a person can act on. Private to collector/.
 */
#ifndef COLLECTOR_OBJECT_ERROR_H
#define COLLECTOR_OBJECT_ERROR_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct bpf_object;

/* From now on libbpf's lines go to log_dbg() and are kept, until the next call, for
 * object_explain_load(). */
void object_listen(void);

/*
 * The lines of a verifier log that decide: the complaint, the instruction it is about, and the
 * source line above it with file and line where the kernel (6.8 and later) gives them. Appends them
 * to @out, one per line, each indented by four spaces. @log need not end with a line feed.
 */
void verifier_shorten(const char *log, struct strbuf *out);

/* What of CAP_BPF, CAP_PERFMON this process lacks (CAP_SYS_ADMIN stands for both), "" when nothing:
 * "CAP_BPF and CAP_PERFMON". */
const char *object_missing_capabilities(void);

/* Says (lib/why.h) why loading @path failed with @err, from what was kept since object_listen();
 * @obj is NULL where it could not even be opened. Returns what monitor_open() has to. */
int object_explain_load(const char *path, const struct bpf_object *obj, int err,
			struct strbuf *why);
/* The same for attaching the program @name of @section. */
int object_explain_attach(const char *path, const char *name, const char *section, int err);

#endif
