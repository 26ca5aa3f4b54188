/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a person calls a monitor, as an object file that every lane can take. */
#ifndef HARNESS_GATE_OBJECT_H
#define HARNESS_GATE_OBJECT_H

#include "lib/base.h"

struct gate_object {
	char *name, *path; /* how it is called; its file */
	bool made;	   /* the file was made from a Honey source */
};

/*
 * @spec: a name of 'beebench list', an object, or a Honey source, which is compiled. Returns 0, or
 * -errno after saying why; gate_object_release() is due in any case and removes what was made.
 */
int gate_object_find(struct gate_object *o, const char *spec);
void gate_object_release(struct gate_object *o);

#endif
