/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Chooses between the two programs that an object may have for a place. */
#include "lib/base.h"
#include "collector/stand_in.h"

#include <bpf/libbpf.h>
#include <stdio.h>

#include "lib/preempt.h"

static struct bpf_program *original(const struct bpf_object *object, const struct bpf_program *p)
{
	char plain[128];

	if (!preempt_stands_in(bpf_program__name(p), plain, sizeof(plain)))
		return NULL;
	return bpf_object__find_program_by_name(object, plain);
}

void stand_in_choose(struct bpf_object *object)
{
	struct bpf_program *p, *plain;

	if (!preempt_tracepoints())
		return;
	bpf_object__for_each_program (p, object) {
		plain = original(object, p);
		if (!plain || bpf_program__autoload(p))
			continue;
		bpf_program__set_autoload(plain, false);
		bpf_program__set_autoload(p, true);
	}
}

bool stand_in_is(const struct bpf_object *object, const struct bpf_program *program)
{
	return original(object, program) != NULL;
}

struct bpf_program *stand_in_program(const struct bpf_object *object, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(object, name), *other;
	char steady[128];

	snprintf(steady, sizeof(steady), "%s_steady", name);
	other = bpf_object__find_program_by_name(object, steady);
	return other && bpf_program__autoload(other) ? other : p;
}
