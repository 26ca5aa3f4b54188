/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stands behind collector/collect.h: one struct of hooks for each kind of monitor. Private to
 * collector/. */
#ifndef COLLECTOR_BACKEND_H
#define COLLECTOR_BACKEND_H

#include "collector/collect.h"
#include "collector/figures.h"
#include "collector/manifest.h"

/* Each as the function of the same name in collect.h. A hook that is NULL does nothing and
 * succeeds. */
struct monitor_backend {
	int (*attach)(struct monitor *m);
	const char *const *(*starter)(const struct monitor *m); /* NULL: it starts nothing */
	int (*poll)(struct monitor *m, int timeout_ms, monitor_event_fn fn, void *arg);
	int (*snapshot)(struct monitor *m, struct counter_table *out);
	int (*detach)(struct monitor *m);
	/* NULL is -ENOTSUP for the next three */
	int (*set_events)(struct monitor *m, bool on);
	int (*take_ended)(struct monitor *m, struct counter_table *out);
	int (*forget)(struct monitor *m, uint32_t key);
	int (*fill)(struct monitor *m, struct monitor_fill *out); /* @out comes with zeroes */
	size_t (*event_fds)(const struct monitor *m, int *fds, size_t max);
	/* @out comes with all UINT64_MAX */
	int (*losses)(struct monitor *m, struct monitor_losses *out);
	/* @out comes with zeroes and the times */
	int (*cost)(struct monitor *m, struct monitor_cost *out);
	void (*extras)(const struct monitor *m, struct strbuf *out);
	/* @out comes with the names of its maps */
	int (*figures_fit)(const struct monitor *m, const struct figure_wish *wishes, size_t n,
			   struct strbuf *why);
	int (*figures)(struct monitor *m, const struct figure_wish *wishes, size_t n,
		       struct figures *out);
	void (*figures_event)(const struct monitor *m, const void *record, size_t bytes,
			      struct figures *out);
	const struct figure_record_field *(*record)(const struct monitor *m, size_t *n);
	void (*close)(struct monitor *m); /* frees @impl */
};

struct monitor {
	struct monitor_info info;
	const struct monitor_backend *ops;
	struct manifest manifest; /* the subject's names where there is no file */
	char *name, *path;	  /* owned; info points to them */
	char *means, *means_name; /* owned; info points to them */
	char *compiled;	    /* object made from a Honey source, unlinked on close; NULL: none */
	void *impl;	    /* of the backend */
	struct strbuf *why; /* while it is being opened: where reasons go; NULL: they are said */
	bool attached, detached;
	uint64_t load_ns, attach_ns, polls, records;
};

/* From here on its maps mean what @m->means says. */
void monitor_declare(struct monitor *m);

/* The backends. @m has name, path and manifest; they fill the rest of info, ops and impl. 0 or
 * -errno after saying why. */
int object_open(struct monitor *m, const struct monitor_target *target);
int stream_open(struct monitor *m, const struct monitor_target *target);

#endif
