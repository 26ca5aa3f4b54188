/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An object loses its .debug sections and nothing else; what is no object is refused. */
/* links: honey/strip.c lib/strbuf.c */
#include "lib/base.h"
#include "honey/strip.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/strbuf.h"

enum { NAMES = 1, TEXT, REL_TEXT, DEBUG, REL_DEBUG, SYMBOLS, SECTIONS };

/* A program with a relocation, a debug section with one of its own, and a symbol for each. */
struct object {
	Elf64_Ehdr head;
	char names[72];
	uint64_t text[2];
	Elf64_Rel rel_text, rel_debug;
	char debug[8];
	Elf64_Sym symbols[4];
	Elf64_Shdr sections[SECTIONS];
};

static Elf64_Shdr section(uint32_t name, uint32_t type, size_t at, size_t len)
{
	return (Elf64_Shdr){.sh_name = name,
			    .sh_type = type,
			    .sh_offset = at,
			    .sh_size = len,
			    .sh_addralign = 8};
}

static void make(struct object *o)
{
	static const char names[] =
		"\0.strtab\0.text\0.rel.text\0.debug_x\0.rel.debug_x\0.symtab\0";

	memset(o, 0, sizeof(*o));
	memcpy(o->head.e_ident, ELFMAG, SELFMAG);
	o->head.e_ident[EI_CLASS] = ELFCLASS64;
	o->head.e_shentsize = sizeof(Elf64_Shdr);
	o->head.e_shnum = SECTIONS;
	o->head.e_shstrndx = NAMES;
	o->head.e_shoff = offsetof(struct object, sections);
	memcpy(o->names, names, sizeof(names));
	o->text[0] = 0x1122;
	memcpy(o->debug, "DWARF..", 8);
	/* a file, the debug section, the program's section, and a map that the program needs */
	o->symbols[1] =
		(Elf64_Sym){.st_info = ELF64_ST_INFO(STB_LOCAL, STT_SECTION), .st_shndx = DEBUG};
	o->symbols[2] =
		(Elf64_Sym){.st_info = ELF64_ST_INFO(STB_LOCAL, STT_SECTION), .st_shndx = TEXT};
	o->symbols[3] = (Elf64_Sym){
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), .st_shndx = TEXT, .st_value = 8};
	o->rel_text = (Elf64_Rel){8, ELF64_R_INFO(3UL, 1)};
	o->rel_debug = (Elf64_Rel){0, ELF64_R_INFO(1UL, 2)};
	o->sections[NAMES] =
		section(1, SHT_STRTAB, offsetof(struct object, names), sizeof(o->names));
	o->sections[TEXT] =
		section(9, SHT_PROGBITS, offsetof(struct object, text), sizeof(o->text));
	o->sections[REL_TEXT] =
		section(15, SHT_REL, offsetof(struct object, rel_text), sizeof(o->rel_text));
	o->sections[REL_TEXT].sh_link = o->sections[REL_DEBUG].sh_link = SYMBOLS;
	o->sections[REL_TEXT].sh_info = TEXT;
	o->sections[DEBUG] =
		section(25, SHT_PROGBITS, offsetof(struct object, debug), sizeof(o->debug));
	o->sections[REL_DEBUG] =
		section(34, SHT_REL, offsetof(struct object, rel_debug), sizeof(o->rel_debug));
	o->sections[REL_DEBUG].sh_link = SYMBOLS;
	o->sections[REL_DEBUG].sh_info = DEBUG;
	o->sections[SYMBOLS] =
		section(47, SHT_SYMTAB, offsetof(struct object, symbols), sizeof(o->symbols));
	o->sections[SYMBOLS].sh_link = NAMES;
	o->sections[SYMBOLS].sh_info = 3;
}

static void the_debug_sections_go(void **state)
{
	struct strbuf out = STRBUF_INIT;
	const Elf64_Shdr *s;
	const Elf64_Sym *sym;
	const Elf64_Rel *rel;
	struct object o;
	Elf64_Ehdr head;

	(void)state;
	make(&o);
	assert_int_equal(strip_debug((const char *)&o, sizeof(o), &out), 0);
	memcpy(&head, out.s, sizeof(head));
	assert_int_equal(head.e_shnum, 5);
	assert_int_equal(head.e_shstrndx, 1);
	s = (const Elf64_Shdr *)(out.s + head.e_shoff);
	assert_memory_equal(out.s + s[2].sh_offset, o.text, sizeof(o.text));
	/* The symbol of the debug section is gone, and all that names symbols knows it. */
	assert_int_equal(s[4].sh_type, SHT_SYMTAB);
	assert_int_equal(s[4].sh_size, 3 * sizeof(*sym));
	assert_int_equal(s[4].sh_info, 2);
	sym = (const Elf64_Sym *)(out.s + s[4].sh_offset);
	assert_int_equal(sym[1].st_shndx, 2);
	assert_int_equal(sym[2].st_value, 8);
	rel = (const Elf64_Rel *)(out.s + s[3].sh_offset);
	assert_int_equal(s[3].sh_link, 4);
	assert_int_equal(s[3].sh_info, 2);
	assert_int_equal(ELF64_R_SYM(rel->r_info), 2);
	assert_int_equal(rel->r_offset, 8);
	strbuf_release(&out);
}

static void what_is_no_object_is_refused(void **state)
{
	struct object o;

	(void)state;
	make(&o);
	/* Cut short anywhere, in memory that ends there. */
	for (size_t n = 0; n < sizeof(o); n += 8) {
		struct strbuf out = STRBUF_INIT;
		char *cut = malloc(n + 1);

		memcpy(cut, &o, n);
		assert_int_equal(strip_debug(cut, n, &out), -EINVAL);
		strbuf_release(&out);
		free(cut);
	}
}

static void a_relocation_that_stays_keeps_its_symbol(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct object o;

	(void)state;
	make(&o);
	o.rel_text.r_info = ELF64_R_INFO(1UL, 1); /* the debug section's */
	assert_int_equal(strip_debug((const char *)&o, sizeof(o), &out), -EINVAL);
	strbuf_reset(&out);
	o.rel_text.r_info = ELF64_R_INFO(99UL, 1); /* nobody's */
	assert_int_equal(strip_debug((const char *)&o, sizeof(o), &out), -EINVAL);
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_debug_sections_go),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_relocation_that_stays_keeps_its_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
