/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From sections of programs to tracepoints, and from those to the calls that pass them. */
#include "lib/base.h"
#include "harness/exchange/exchange_place.h"

#include <stdio.h>
#include <string.h>

#include <linux/bpf.h>

int place_of(struct place *out, const struct object_program *p, unsigned int program)
{
	const char *name = strchr(p->section, '/'), *slash;

	*out = (struct place){.type = p->type, .program = program};
	snprintf(out->text, sizeof(out->text), "%s", p->section);
	if (!name || !name[1])
		return -ENOTSUP;
	name++;
	slash = strchr(name, '/');
	switch (p->type) {
	case BPF_PROG_TYPE_TRACEPOINT:
		if (!slash || (size_t)(slash - name) >= sizeof(out->category))
			return -ENOTSUP;
		memcpy(out->category, name, (size_t)(slash - name));
		name = slash + 1;
		break;
	case BPF_PROG_TYPE_RAW_TRACEPOINT: break;
	case BPF_PROG_TYPE_TRACING:
		if (strncmp(p->section, "tp_btf/", strlen("tp_btf/")))
			return -ENOTSUP;
		break;
	default: return -ENOTSUP;
	}
	snprintf(out->name, sizeof(out->name), "%s", name);
	return 0;
}

/* "mmap" of sys_enter_mmap and sys_exit_mmap; NULL: no tracepoint of one system call. */
static const char *syscall_of(const struct place *place)
{
	if (strcmp(place->category, "syscalls"))
		return NULL;
	if (!strncmp(place->name, "sys_enter_", strlen("sys_enter_")))
		return place->name + strlen("sys_enter_");
	if (!strncmp(place->name, "sys_exit_", strlen("sys_exit_")))
		return place->name + strlen("sys_exit_");
	return NULL;
}

/* raw_syscalls:sys_enter by any type. */
static bool sees_every_call(const struct place *place)
{
	return (!*place->category || !strcmp(place->category, "raw_syscalls")) &&
	       (!strcmp(place->name, "sys_enter") || !strcmp(place->name, "sys_exit"));
}

bool place_is_of(const struct place *place, int event)
{
	const char *name = syscall_of(place);

	return name && timed_event_makes(event, name);
}

bool place_answers(const struct place *place, int event)
{
	return sees_every_call(place) || place_is_of(place, event);
}

bool place_may_run(const struct place *place, int event)
{
	return !syscall_of(place) || place_is_of(place, event);
}

bool place_same(const struct place *a, const struct place *b)
{
	/* The category of a raw type is not known; the syscalls' own have names of their own. */
	return !strcmp(a->name, b->name) &&
	       (!*a->category || !*b->category || !strcmp(a->category, b->category));
}

bool place_same_type(const struct place *a, const struct place *b)
{
	return a->type == b->type && place_same(a, b);
}
