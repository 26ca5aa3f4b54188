/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the profiles that `memprof live` shows come from. */
#ifndef MEMPROF_LIVE_SOURCE_H
#define MEMPROF_LIVE_SOURCE_H

#include "lib/strbuf.h"
#include "memprof/profile.h"

struct attachment;

struct watched_source {
	const char *name; /* of the file or the program, in what is said; owned by the source */
	void *arg;
	/* 1: *@out is the next one, which the caller frees; 0: there is none now; -errno after
	 * saying why there is none. */
	int (*next)(void *arg, struct profile **out);
	/* Has to be called each @tick_ms, too; NULL: nothing has. */
	void (*tick)(void *arg);
	int tick_ms;
	/* Of a recording: the next one is @by after the one that would be; false: there are no more
	 * in that direction. NULL: it is none. */
	bool (*go)(void *arg, int64_t by);
	void (*close)(void *arg);
};

/* A file that may be written again meanwhile. Never fails. */
void source_of_file(struct watched_source *out, const char *file);
/* A process that was attached to, which is the source's from then on. */
void source_of_process(struct watched_source *out, struct attachment *a);
/* All profiles of a file, one after the other. Of a damaged one those before the damage, which is
 * said when it is come to, and by source_damage(). 0 or -errno after saying why: not one is whole.
 */
int source_of_recording(struct watched_source *out, const char *file);
/* What is wrong with a recording, or NULL; valid until it is closed. */
const char *source_damage(const struct watched_source *s);

#endif
