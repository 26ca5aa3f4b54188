/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tracepoints' arguments by BTF: of each tracepoint NAME there is a type btf_trace_NAME, a
 * pointer to a function that takes its private data and then what it traces. */
#include "lib/base.h"
#include "memprof/kernel/arguments.h"

#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "bpf/memprof/kernel.h"
#include "lib/why.h"

/* A letter an argument: p a pointer, i a number. As on Linux 6.1, 6.12 and 6.18. */
static const struct {
	const char *name, *arguments;
} expected[KERNEL_OPS] = {
	[KERNEL_KMALLOC] = {"kmalloc", "ipiiii"},
	[KERNEL_CACHE_ALLOC] = {"kmem_cache_alloc", "ippii"},
	[KERNEL_PAGE_ALLOC] = {"mm_page_alloc", "piii"},
	[KERNEL_KFREE] = {"kfree", "ip"},
	[KERNEL_CACHE_FREE] = {"kmem_cache_free", "ipp"},
	[KERNEL_PAGE_FREE] = {"mm_page_free", "pi"},
};

const char *kernel_op_name(uint32_t op)
{
	return op < KERNEL_OPS ? expected[op].name : "";
}

static const struct btf_type *resolve(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The letters of tracepoint @name; false: the kernel has none of that name. */
static bool describe(const struct btf *btf, const char *name, struct strbuf *out)
{
	const struct btf_type *t;
	char full[64];
	int id;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, full, BTF_KIND_TYPEDEF);
	t = id > 0 ? resolve(btf, (uint32_t)id) : NULL;
	t = t && btf_is_ptr(t) ? resolve(btf, t->type) : NULL;
	if (!t || !btf_is_func_proto(t))
		return false;
	for (uint32_t i = 1; i < btf_vlen(t); i++) {
		const struct btf_type *a = resolve(btf, btf_params(t)[i].type);

		strbuf_addch(out, a && btf_is_ptr(a)			       ? 'p'
				  : a && (btf_is_int(a) || btf_is_any_enum(a)) ? 'i'
									       : '?');
	}
	return true;
}

int kernel_arguments_check(const struct btf *btf, uint32_t ops, struct strbuf *why)
{
	struct strbuf has = STRBUF_INIT;
	int err = 0;

	for (uint32_t op = 0; op < KERNEL_OPS && !err; op++) {
		if (!(ops & 1U << op))
			continue;
		strbuf_reset(&has);
		if (!describe(btf, expected[op].name, &has)) {
			why_err(why, "this kernel has no tracepoint kmem:%s", expected[op].name);
			err = -ENOTSUP;
		} else if (strcmp(has.s, expected[op].arguments)) {
			why_err(why,
				"the tracepoint kmem:%s has other arguments here (%s) than those "
				"that are known (%s; p: a pointer, i: a number): Linux 6.1 or "
				"later is needed",
				expected[op].name, has.s, expected[op].arguments);
			err = -ENOTSUP;
		}
	}
	strbuf_release(&has);
	return err;
}
