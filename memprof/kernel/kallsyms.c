/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A line of kallsyms is "ADDRESS TYPE NAME", a module's has "\t[MODULE]" behind it; functions are
 * of type t, T, w or W. Sorted once, then searched by halves. */
#include "lib/base.h"
#include "memprof/kernel/kallsyms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"

enum {
	TRACING_FRAMES = 8,	      /* the tracing's own part is no deeper */
	FUNCTION_BYTES_MAX = 1 << 20, /* the last function of an area ends somewhere */
};

struct function {
	uint64_t address;
	const char *name;
};

struct kallsyms {
	struct arena arena;
	struct function *v;
	size_t n;
};

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void take_line(struct kallsyms *k, const char *line)
{
	char type, name[256], module[64] = "";
	struct function f;

	if (sscanf(line, "%" SCNx64 " %c %255s %63s", &f.address, &type, name, module) < 3 ||
	    !strchr("tTwW", type) || !f.address)
		return;
	f.name = module[0] ? arena_printf(&k->arena, "%s %s", name, module)
			   : arena_strdup(&k->arena, name);
	arena_push(&k->arena, k->v, k->n, f);
}

int kallsyms_read(struct kallsyms **out, const char *path)
{
	FILE *f = fopen(path, "re");
	struct kallsyms *k;
	size_t room = 0;
	char *line = NULL;
	int err = 0;

	*out = NULL;
	if (!f)
		return -errno;
	k = calloc(1, sizeof(*k));
	if (!k) {
		fclose(f);
		return -ENOMEM;
	}
	while (getline(&line, &room, f) > 0)
		take_line(k, line);
	err = ferror(f) ? -EIO : k->n ? 0 : -EPERM;
	free(line);
	fclose(f);
	if (err) {
		kallsyms_free(k);
		return err;
	}
	qsort(k->v, k->n, sizeof(*k->v), by_address);
	*out = k;
	return 0;
}

void kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return;
	arena_release(&k->arena);
	free(k);
}

const char *kallsyms_name(const struct kallsyms *k, uint64_t address)
{
	size_t low = 0, high = k ? k->n : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->v[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || address - k->v[low - 1].address > FUNCTION_BYTES_MAX)
		return NULL;
	return k->v[low - 1].name;
}

/* Without bpf_jit_kallsyms a BPF program has no name, and is outside of all functions. */
static bool is_tracing(const char *name)
{
	static const char *const begins[] = {"bpf_prog_",	"bpf_trace_run",  "__bpf_trace_",
					     "bpf_trampoline_", "__traceiter_",	  "bpf_get_stack",
					     "__probestub_",	"bpf_dispatcher_"};

	for (size_t i = 0; name && i < ARRAY_SIZE(begins); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

uint32_t kallsyms_skip_tracing(const struct kallsyms *k, const uint64_t *pc, uint32_t n)
{
	uint32_t skip = 0;

	for (uint32_t i = 0; i < n && i < TRACING_FRAMES; i++)
		if (is_tracing(kallsyms_name(k, pc[i])))
			skip = i + 1;
	return skip < n ? skip : 0;
}
