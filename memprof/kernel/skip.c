/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tracing's frames by the names of its functions. A BPF program has none without
 * bpf_jit_kallsyms: it is before one that has. */
#include "lib/base.h"
#include "memprof/kernel/skip.h"

#include <string.h>

enum { TRACING_FRAMES = 8 }; /* it is no deeper */

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

uint32_t skip_tracing(const struct addrmap *names, const uint64_t *pc, uint32_t n)
{
	uint32_t skip = 0;

	for (uint32_t i = 0; i < n && i < TRACING_FRAMES; i++)
		if (names && is_tracing(addrmap_find(names, pc[i])))
			skip = i + 1;
	return skip < n ? skip : 0;
}
