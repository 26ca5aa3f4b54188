/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An object without its DWARF: clang writes BTF only together with that, and loaders read BTF only.
 * What is dropped are the .debug sections, what relocates them, and the symbols that stand for
 * them; all else keeps its order. llvm-strip does the same, but takes a third of clang's time to
 * start.
 */
#include "lib/base.h"
#include "honey/strip.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"

enum { MOST_SECTIONS = 4096 };

struct object {
	const char *data;
	size_t len;
	Elf64_Ehdr head;
	const Elf64_Shdr *sections;
	uint32_t n;
	uint32_t *index;   /* new number of a section; 0: dropped (as section 0, which stays) */
	uint32_t *symbols; /* new number of a symbol; UINT32_MAX: dropped */
	uint32_t n_symbols, first_global;
};

static bool inside(const struct object *o, uint64_t at, uint64_t len)
{
	return at <= o->len && len <= o->len - at;
}

static bool is_sound(struct object *o)
{
	const Elf64_Ehdr *h = &o->head;

	if (o->len < sizeof(o->head))
		return false;
	memcpy(&o->head, o->data, sizeof(o->head));
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_shentsize != sizeof(Elf64_Shdr) || h->e_phnum || !h->e_shnum ||
	    h->e_shnum > MOST_SECTIONS || h->e_shstrndx >= h->e_shnum || h->e_shoff % 8 ||
	    !inside(o, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)))
		return false;
	o->sections = (const Elf64_Shdr *)(o->data + h->e_shoff);
	o->n = h->e_shnum;
	for (uint32_t i = 1; i < o->n; i++) {
		const Elf64_Shdr *s = &o->sections[i];

		if (s->sh_link >= o->n || (s->sh_type == SHT_REL && s->sh_info >= o->n) ||
		    (s->sh_type != SHT_NOBITS && !inside(o, s->sh_offset, s->sh_size)) ||
		    ((s->sh_type == SHT_REL || s->sh_type == SHT_SYMTAB) && s->sh_offset % 8))
			return false;
	}
	return true;
}

static const char *name_of(const struct object *o, uint32_t i)
{
	const Elf64_Shdr *names = &o->sections[o->head.e_shstrndx];
	uint32_t at = o->sections[i].sh_name;

	if (at >= names->sh_size || o->data[names->sh_offset + names->sh_size - 1])
		return "";
	return o->data + names->sh_offset + at;
}

static bool is_debug(const struct object *o, uint32_t i)
{
	const char *name = name_of(o, i);

	/* The last says which symbols' addresses matter, by their old numbers. */
	return !strncmp(name, ".debug", 6) || !strncmp(name, ".rel.debug", 10) ||
	       !strcmp(name, ".llvm_addrsig");
}

static void number_sections(struct object *o)
{
	uint32_t next = 1;

	for (uint32_t i = 1; i < o->n; i++)
		o->index[i] = is_debug(o, i) ? 0 : next++;
}

/* The symbols that stay, with their sections' new numbers. */
static void write_symbols(struct object *o, const Elf64_Shdr *s, struct strbuf *out)
{
	const Elf64_Sym *all = (const Elf64_Sym *)(o->data + s->sh_offset);
	uint32_t next = 0;

	o->n_symbols = (uint32_t)(s->sh_size / sizeof(*all));
	o->symbols = calloc(o->n_symbols + 1, sizeof(*o->symbols));
	if (!o->symbols)
		abort();
	for (uint32_t i = 0; i < o->n_symbols; i++) {
		Elf64_Sym sym = all[i];

		if (sym.st_shndx && sym.st_shndx < o->n && !o->index[sym.st_shndx]) {
			o->symbols[i] = UINT32_MAX;
			continue;
		}
		if (sym.st_shndx < o->n)
			sym.st_shndx = (uint16_t)o->index[sym.st_shndx];
		if (ELF64_ST_BIND(sym.st_info) == STB_LOCAL)
			o->first_global = next + 1;
		o->symbols[i] = next++;
		strbuf_add(out, &sym, sizeof(sym));
	}
}

/* Returns false where a relocation that stays needs what is dropped. */
static bool write_relocations(const struct object *o, const Elf64_Shdr *s, struct strbuf *out)
{
	const Elf64_Rel *all = (const Elf64_Rel *)(o->data + s->sh_offset);

	for (uint64_t i = 0; i < s->sh_size / sizeof(*all); i++) {
		Elf64_Rel rel = all[i];
		uint64_t sym = ELF64_R_SYM(rel.r_info);

		if (sym >= o->n_symbols || o->symbols[sym] == UINT32_MAX)
			return false;
		rel.r_info = ELF64_R_INFO((uint64_t)o->symbols[sym], ELF64_R_TYPE(rel.r_info));
		strbuf_add(out, &rel, sizeof(rel));
	}
	return true;
}

static void align(struct strbuf *out, uint64_t to)
{
	while (to > 1 && out->len % to)
		strbuf_addch(out, 0);
}

static bool write_section(struct object *o, uint32_t i, struct strbuf *out, Elf64_Shdr *s)
{
	*s = o->sections[i];
	align(out, MAX(s->sh_addralign, (uint64_t)8));
	s->sh_offset = out->len;
	s->sh_link = o->index[s->sh_link];
	if (s->sh_type == SHT_SYMTAB) {
		write_symbols(o, &o->sections[i], out);
		s->sh_info = o->first_global;
	} else if (s->sh_type == SHT_REL) {
		s->sh_info = o->index[s->sh_info];
		if (!write_relocations(o, &o->sections[i], out))
			return false;
	} else if (s->sh_type != SHT_NOBITS) {
		strbuf_add(out, o->data + o->sections[i].sh_offset, s->sh_size);
	}
	if (s->sh_type != SHT_NOBITS)
		s->sh_size = out->len - s->sh_offset;
	return true;
}

/* All that stays: the symbols first, for relocations name their numbers. */
static bool write_all(struct object *o, struct strbuf *out, Elf64_Shdr *heads, uint32_t *n)
{
	strbuf_add(out, &o->head, sizeof(o->head));
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 1; i < o->n; i++)
			if (o->index[i] && (o->sections[i].sh_type == SHT_SYMTAB) == !pass &&
			    !write_section(o, i, out, &heads[o->index[i]]))
				return false;
	for (uint32_t i = 1; i < o->n; i++)
		*n = MAX(*n, o->index[i] + 1);
	align(out, 8);
	o->head.e_shoff = out->len;
	o->head.e_shnum = (uint16_t)*n;
	o->head.e_shstrndx = (uint16_t)o->index[o->head.e_shstrndx];
	for (uint32_t i = 0; i < *n; i++)
		strbuf_add(out, &heads[i], sizeof(heads[i]));
	memcpy(out->s, &o->head, sizeof(o->head));
	return true;
}

int strip_debug(const char *data, size_t len, struct strbuf *out)
{
	struct object o = {.data = data, .len = len};
	Elf64_Shdr *heads = NULL;
	uint32_t n = 1;
	int err = -EINVAL;

	if (!is_sound(&o))
		return -EINVAL;
	o.index = calloc(o.n, sizeof(*o.index));
	heads = calloc(o.n + 1, sizeof(*heads));
	if (!o.index || !heads)
		abort();
	number_sections(&o);
	if (write_all(&o, out, heads, &n))
		err = 0;
	free(o.symbols);
	free(o.index);
	free(heads);
	return err;
}
