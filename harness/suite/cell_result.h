/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The result of a cell: a run in a file DIR/ID.json, whole or not at all. It is written aside
 * (DIR/.ID.RUN.part), brought to the disk and linked by its name, so that neither a killed process
 * nor a full disk leaves half of one, and of two that end at the same time neither is lost.
 */
#ifndef HARNESS_CELL_RESULT_H
#define HARNESS_CELL_RESULT_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/strbuf.h"

enum cell_result {
	CELL_MISSING,
	CELL_DONE,    /* it has a verdict: exit code 0, 1 or 3 */
	CELL_WITHOUT, /* it could not be run there (77), or broke (2): another try may do better */
	CELL_OTHER,   /* of another object, version, seed or --quick */
	CELL_BROKEN,  /* half a file, or another cell's */
};

/*
 * What there is at @path of cell @id. @header: of the run that would be made now; NULL: any will
 * do. @exit gets the exit code of one that is done. @why gets a sentence for CELL_OTHER and
 * CELL_BROKEN.
 */
enum cell_result cell_result_look(const char *path, const char *id, struct json_object *header,
				  int *exit, struct strbuf *why);

void cell_result_path(struct strbuf *out, const char *dir, const char *id);
void cell_result_aside(struct strbuf *out, const char *dir, const char *id, const char *run);

/* A result that is to get its name. */
struct cell_new {
	const char *id, *run;
	struct json_object *header;
	bool verdict; /* false: it says only why there is none (CELL_WITHOUT) */
};

/*
 * Gives @aside its name in @dir. One that is there without a verdict, or of another object, gives
 * way; one that has a verdict never does: the new one is kept beside it as ID.RUN.json, or dropped
 * where it has none. @out gets the path of the result that there is. Returns 0, or -errno after
 * saying why.
 */
int cell_result_place(const char *aside, const char *dir, const struct cell_new *n,
		      struct strbuf *out);

/* Removes what starts of @id on this machine (@header: of a run here) that were killed have left in
 * @dir. Those that run hold a lock, which other machines may not see. */
void cell_result_sweep(const char *dir, const char *id, struct json_object *header);

#endif
