/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.h: a sum over what names hang on says whether they may have changed. */
#include "lib/base.h"
#include "memprof/kernel/names.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "lib/log.h"
#include "lib/strbuf.h"

struct kernel_names {
	const char *kallsyms, *modules;
	struct addrmap *map;
	uint64_t sum, reads;
};

static uint64_t add(uint64_t sum, uint64_t v)
{
	sum = (sum ^ v) * 0x9e3779b97f4a7c15ULL;
	return sum ^ sum >> 29;
}

static uint64_t add_word(uint64_t sum, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = add(sum, (unsigned char)word[i]);
	return add(sum, 256);
}

/* "NAME SIZE USES USERS STATE ADDRESS": who uses a module changes often, and no name by it. */
static uint64_t add_modules(uint64_t sum, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int field = 0;

	if (strbuf_read_file(&text, path)) {
		strbuf_release(&text);
		return sum; /* a kernel without modules */
	}
	for (const char *at = text.s; *at;) {
		size_t len = strcspn(at, " \n");

		if (field != 2 && field != 3)
			sum = add_word(sum, at, len);
		at += len;
		field = *at == '\n' ? 0 : field + 1;
		at += *at != '\0';
	}
	strbuf_release(&text);
	return sum;
}

/* Numbers are not given twice. Who may not ask reads no names of programs either. */
static uint64_t add_programs(uint64_t sum)
{
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		sum = add(sum, id);
	return sum;
}

struct kernel_names *kernel_names_new(const char *kallsyms, const char *modules)
{
	struct kernel_names *n = calloc(1, sizeof(*n));

	if (!n)
		abort(); /* as lib/arena.h */
	n->kallsyms = kallsyms;
	n->modules = modules ? modules : "/proc/modules";
	return n;
}

void kernel_names_refresh(struct kernel_names *n)
{
	uint64_t sum = add_modules(0, n->modules);
	int err;

	if (!n->kallsyms)
		sum = add_programs(sum);
	if (n->reads && n->sum == sum)
		return;
	addrmap_free(n->map);
	err = addrmap_kallsyms(&n->map, n->kallsyms);
	n->sum = sum;
	if (err == -EACCES && !n->reads)
		log_warn("/proc/kallsyms hides its addresses (kernel.kptr_restrict): the kernel's "
			 "functions have no names");
	n->reads++;
}

const struct addrmap *kernel_names_map(const struct kernel_names *n)
{
	return n->map;
}

uint64_t kernel_names_reads(const struct kernel_names *n)
{
	return n->reads;
}

void kernel_names_free(struct kernel_names *n)
{
	if (!n)
		return;
	addrmap_free(n->map);
	free(n);
}
