/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the object file of a monitor, and makes it of a Honey source. */
#include "lib/base.h"
#include "harness/gate/gate_object.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/honey_source.h"
#include "collector/registry.h"

int gate_object_find(struct gate_object *o, const char *spec)
{
	char *object = NULL;
	int err;

	*o = (struct gate_object){0};
	err = registry_find(spec, &o->path);
	if (err)
		return err;
	o->name = registry_display_name(spec);
	if (str_ends_with(o->path, ".ex")) {
		err = honey_source_compile(o->path, &object);
		free(o->path);
		o->path = object;
		o->made = !err;
		return err;
	}
	if (str_ends_with(o->path, ".o"))
		return 0;
	log_err("%s is neither a BPF object (.bpf.o) nor a Honey source (.ex): its programs cannot "
		"be compared",
		spec);
	return -EINVAL;
}

void gate_object_release(struct gate_object *o)
{
	if (o->made)
		unlink(o->path);
	free(o->name);
	free(o->path);
	*o = (struct gate_object){0};
}
