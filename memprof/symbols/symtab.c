/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions of a file in order of addresses. One that says no size, as those written in assembler,
 * goes up to the next. Of several at one address the global one is what people know. */
#include "lib/base.h"
#include "memprof/symbols/symtab.h"

#include <stdlib.h>

struct function {
	GElf_Addr start, end; /* @end == @start: up to the next one */
	int rank;	      /* of several at one address the greatest */
	const char *name;
};

struct symtab {
	struct function *functions;
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->rank - y->rank;
}

static bool is_function(const GElf_Sym *sym, const char *name)
{
	int type = GELF_ST_TYPE(sym->st_info);

	if (sym->st_shndx == SHN_UNDEF || !name || !*name)
		return false;
	return type == STT_FUNC || type == STT_GNU_IFUNC ||
	       (type == STT_NOTYPE && sym->st_shndx < SHN_LORESERVE);
}

static int rank_of(const GElf_Sym *sym)
{
	int rank = GELF_ST_TYPE(sym->st_info) == STT_NOTYPE ? 0 : 3;

	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL: return rank + 2;
	case STB_WEAK: return rank + 1;
	default: return rank;
	}
}

struct symtab *symtab_new(Dwfl_Module *module)
{
	int symbols = dwfl_module_getsymtab(module);
	struct symtab *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->functions = calloc(symbols > 0 ? (size_t)symbols : 1, sizeof(*t->functions));
	if (!t->functions)
		abort();
	for (int i = 1; i < symbols; i++) {
		GElf_Addr address;
		GElf_Sym sym;
		const char *name =
			dwfl_module_getsym_info(module, i, &sym, &address, NULL, NULL, NULL);

		if (is_function(&sym, name))
			t->functions[t->n++] = (struct function){address, address + sym.st_size,
								 rank_of(&sym), name};
	}
	if (t->n)
		qsort(t->functions, t->n, sizeof(*t->functions), by_start);
	return t;
}

const char *symtab_find(const struct symtab *t, GElf_Addr address)
{
	enum { NESTED = 16 }; /* a function may lie within another's range */
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->functions[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low, back = 0; i-- > 0 && back < NESTED; back++) {
		const struct function *f = &t->functions[i];

		/* Of those that say no size only the nearest can be meant. */
		if (address < f->end ||
		    (f->end == f->start && f->start == t->functions[low - 1].start))
			return f->name;
	}
	return NULL;
}

void symtab_free(struct symtab *t)
{
	if (!t)
		return;
	free(t->functions);
	free(t);
}
