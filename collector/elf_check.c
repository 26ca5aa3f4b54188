/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at the ELF header and the section table of an object, every offset checked against the
 * file's size: libelf and libbpf would say less of what is wrong. What is whole is libelf's to
 * read.
 */
#include "lib/base.h"
#include "collector/elf_check.h"

#include <byteswap.h>
#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/why.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ELFDATA_HERE ELFDATA2MSB
#else
#define ELFDATA_HERE ELFDATA2LSB
#endif

struct image {
	const unsigned char *data;
	size_t size;
	bool turned; /* of the other byte order than this machine's */
	Elf64_Ehdr eh;
	Elf64_Shdr names; /* section of the section names */
};

/* An object of the image at @offset, copied: the file need not be aligned. */
static bool at(const struct image *im, uint64_t offset, void *out, size_t size)
{
	if (offset > im->size || size > im->size - offset)
		return false;
	memcpy(out, im->data + offset, size);
	return true;
}

/* As at(), of 32-bit words, which all of BTF is but the head of its header. */
static bool words_at(const struct image *im, uint64_t offset, void *out, size_t size)
{
	uint32_t word;

	if (!at(im, offset, out, size))
		return false;
	for (size_t i = 0; im->turned && i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, (char *)out + i, sizeof(word));
		word = bswap_32(word);
		memcpy((char *)out + i, &word, sizeof(word));
	}
	return true;
}

/* The fields that are looked at here. */
static void turn_header(Elf64_Ehdr *eh)
{
	eh->e_machine = bswap_16(eh->e_machine);
	eh->e_shoff = bswap_64(eh->e_shoff);
	eh->e_shentsize = bswap_16(eh->e_shentsize);
	eh->e_shnum = bswap_16(eh->e_shnum);
	eh->e_shstrndx = bswap_16(eh->e_shstrndx);
}

static void turn_section(Elf64_Shdr *sh)
{
	sh->sh_name = bswap_32(sh->sh_name);
	sh->sh_type = bswap_32(sh->sh_type);
	sh->sh_flags = bswap_64(sh->sh_flags);
	sh->sh_offset = bswap_64(sh->sh_offset);
	sh->sh_size = bswap_64(sh->sh_size);
}

static bool section(const struct image *im, unsigned int i, Elf64_Shdr *sh)
{
	if (!at(im, im->eh.e_shoff + (uint64_t)i * sizeof(*sh), sh, sizeof(*sh)))
		return false;
	if (im->turned)
		turn_section(sh);
	return sh->sh_type == SHT_NOBITS ||
	       (sh->sh_offset <= im->size && sh->sh_size <= im->size - sh->sh_offset);
}

/* A string of the string table @strings, or "" when it is not inside. */
static const char *string(const struct image *im, const Elf64_Shdr *strings, uint32_t offset)
{
	const char *s = (const char *)im->data + strings->sh_offset + offset;

	if (strings->sh_type == SHT_NOBITS || offset >= strings->sh_size ||
	    !memchr(s, '\0', strings->sh_size - offset))
		return "";
	return s;
}

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64: return "x86_64";
	case EM_386: return "i386";
	case EM_AARCH64: return "arm64";
	case EM_RISCV: return "riscv";
	case EM_S390: return "s390";
	case EM_PPC64: return "ppc64";
	}
	return "another machine";
}

/* The first bytes: an ELF file, as far as it goes? */
static int check_begin(const void *data, size_t size, struct strbuf *why)
{
	if (!size) {
		strbuf_addstr(why, "empty: 0 bytes; build it again");
		return -EINVAL;
	}
	if (memcmp(data, ELFMAG, MIN(size, (size_t)SELFMAG)) != 0) {
		strbuf_addstr(why, "not an ELF file; a BPF object comes from: clang -g -O2 -target "
				   "bpf -c X.bpf.c");
		return -EINVAL;
	}
	if (size < sizeof(Elf64_Ehdr)) {
		strbuf_addf(why,
			    "truncated: %zu bytes do not even hold an ELF header; build it again",
			    size);
		return -EINVAL;
	}
	return 0;
}

/* @order is ELFDATA2LSB or ELFDATA2MSB. */
static int open_image(struct image *im, const void *data, size_t size, unsigned char order,
		      struct strbuf *why)
{
	int err = check_begin(data, size, why);

	*im = (struct image){.data = data, .size = size, .turned = order != ELFDATA_HERE};
	if (err)
		return err;
	memcpy(&im->eh, data, sizeof(im->eh));
	if (im->eh.e_ident[EI_DATA] != order) {
		strbuf_addf(
			why,
			"of the other byte order (%s-endian); compile it for this machine with: "
			"clang -g -O2 -target bpf, or run it in a guest: beebench verify -k "
			"6.12/s390x",
			im->eh.e_ident[EI_DATA] == ELFDATA2MSB ? "big" : "little");
		return -EINVAL;
	}
	if (im->turned)
		turn_header(&im->eh);
	if (im->eh.e_ident[EI_CLASS] != ELFCLASS64 || im->eh.e_machine != EM_BPF) {
		strbuf_addf(why,
			    "an object for %s (ELF machine %u), not for BPF; compile it with: "
			    "clang -g -O2 -target bpf",
			    machine_name(im->eh.e_machine), im->eh.e_machine);
		return -EINVAL;
	}
	return 0;
}

static int check_table(struct image *im, struct strbuf *why)
{
	uint64_t end = im->eh.e_shoff + (uint64_t)im->eh.e_shnum * sizeof(Elf64_Shdr);
	Elf64_Shdr sh = {0};

	if (!im->eh.e_shnum || im->eh.e_shentsize != sizeof(sh)) {
		strbuf_addstr(why, "an ELF file without a section table; build it again");
		return -EINVAL;
	}
	if (end > im->size || end < im->eh.e_shoff) {
		strbuf_addf(why,
			    "truncated: its section table ends at byte %llu, the file at %zu; "
			    "build it again",
			    (unsigned long long)end, im->size);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < im->eh.e_shnum; i++)
		if (!section(im, i, &sh)) {
			strbuf_addf(why,
				    "truncated: section %u ends at byte %llu, the file at %zu; "
				    "build it again",
				    i, (unsigned long long)(sh.sh_offset + sh.sh_size), im->size);
			return -EINVAL;
		}
	if (!section(im, im->eh.e_shstrndx, &im->names) || im->eh.e_shstrndx >= im->eh.e_shnum) {
		strbuf_addstr(why, "an ELF file without section names; build it again");
		return -EINVAL;
	}
	return 0;
}

/* --- types --------------------------------------------------------------------------------------
 * The BTF section: a header, types one behind the other, each with the ids of others and places in
 * the strings behind them (linux/btf.h). libbpf 1.1 follows some ids without asking, so each is
 * looked at here before.
 */

/* A loop of typedefs has no end; real ones nest five or six deep. */
enum { CHAIN_MAX = 64 };

struct types {
	const struct image *im;
	uint64_t at, end;		/* of the types, in the image */
	uint64_t strings, strings_size; /* in the image */
	uint64_t *type;			/* where type @n is; 1 to @n. Owned */
	uint32_t n;
	struct strbuf *why;
};

static int bad_type(const struct types *t, uint32_t id, const char *what, uint64_t number)
{
	strbuf_addf(t->why, "type [%u] of its BTF %s %llu; build it again", id, what,
		    (unsigned long long)number);
	return -EINVAL;
}

static int bad_table(struct strbuf *why)
{
	strbuf_addstr(why, "its BTF section is damaged; build it again");
	return -EINVAL;
}

/* Bytes behind a struct btf_type, of which a part repeats for each member; or none for a kind that
 * nobody knows. */
static const struct shape {
	uint8_t once, each;
	bool points; /* the last word of struct btf_type is a type's id */
	bool chain;  /* and is what it stands for */
	int8_t type; /* where a member has a type's id, -1: nowhere */
	int8_t name; /* and the place of its name */
	bool known;
} shapes[] = {
	[BTF_KIND_INT] = {4, 0, false, false, -1, -1, true},
	[BTF_KIND_PTR] = {0, 0, true, false, -1, -1, true},
	[BTF_KIND_ARRAY] = {sizeof(struct btf_array), 0, false, true, -1, -1, true},
	[BTF_KIND_STRUCT] = {0, sizeof(struct btf_member), false, false, 4, 0, true},
	[BTF_KIND_UNION] = {0, sizeof(struct btf_member), false, false, 4, 0, true},
	[BTF_KIND_ENUM] = {0, sizeof(struct btf_enum), false, false, -1, 0, true},
	[BTF_KIND_FWD] = {0, 0, false, false, -1, -1, true},
	[BTF_KIND_TYPEDEF] = {0, 0, true, true, -1, -1, true},
	[BTF_KIND_VOLATILE] = {0, 0, true, true, -1, -1, true},
	[BTF_KIND_CONST] = {0, 0, true, true, -1, -1, true},
	[BTF_KIND_RESTRICT] = {0, 0, true, true, -1, -1, true},
	[BTF_KIND_FUNC] = {0, 0, true, false, -1, -1, true},
	[BTF_KIND_FUNC_PROTO] = {0, sizeof(struct btf_param), true, false, 4, 0, true},
	[BTF_KIND_VAR] = {sizeof(struct btf_var), 0, true, false, -1, -1, true},
	[BTF_KIND_DATASEC] = {0, sizeof(struct btf_var_secinfo), false, false, 0, -1, true},
	[BTF_KIND_FLOAT] = {0, 0, false, false, -1, -1, true},
	[BTF_KIND_DECL_TAG] = {sizeof(struct btf_decl_tag), 0, true, false, -1, -1, true},
	[BTF_KIND_TYPE_TAG] = {0, 0, true, true, -1, -1, true},
	[BTF_KIND_ENUM64] = {0, sizeof(struct btf_enum64), false, false, -1, 0, true},
};

static struct btf_type type_at(const struct types *t, uint32_t id)
{
	struct btf_type type = {0};

	words_at(t->im, t->type[id], &type, sizeof(type));
	return type;
}

static const struct shape *shape_of(const struct btf_type *type)
{
	uint32_t kind = BTF_INFO_KIND(type->info);

	return kind < ARRAY_SIZE(shapes) && shapes[kind].known ? &shapes[kind] : NULL;
}

/* Where each type is; what they say is looked at later, as an id may be that of a later type. */
static int find_types(struct types *t)
{
	struct btf_type type;

	t->type = calloc((t->end - t->at) / sizeof(type) + 1, sizeof(*t->type));
	if (!t->type)
		return -ENOMEM;
	while (t->at < t->end) {
		const struct shape *shape;
		uint64_t size = sizeof(type);

		if (t->end - t->at < size || !words_at(t->im, t->at, &type, sizeof(type)))
			return bad_table(t->why);
		shape = shape_of(&type);
		if (!shape)
			return bad_type(t, t->n + 1, "is of the unknown kind",
					BTF_INFO_KIND(type.info));
		size += shape->once + (uint64_t)shape->each * BTF_INFO_VLEN(type.info);
		if (size > t->end - t->at)
			return bad_type(t, t->n + 1, "does not end in its section, but at byte",
					t->at + size);
		t->type[++t->n] = t->at;
		t->at += size;
	}
	return 0;
}

static int check_id(const struct types *t, uint32_t id, uint32_t refers_to)
{
	return refers_to <= t->n ? 0 : bad_type(t, id, "refers to type", refers_to);
}

static int check_name(const struct types *t, uint32_t id, uint32_t offset)
{
	return offset < t->strings_size ? 0 : bad_type(t, id, "has its name at byte", offset);
}

static int check_members(const struct types *t, uint32_t id, const struct btf_type *type,
			 const struct shape *shape)
{
	uint64_t where = t->type[id] + sizeof(*type) + shape->once;
	int err = 0;

	for (uint32_t i = 0; !err && i < BTF_INFO_VLEN(type->info); i++, where += shape->each) {
		uint32_t word = 0;

		if (shape->type >= 0) {
			words_at(t->im, where + (uint64_t)shape->type, &word, sizeof(word));
			err = check_id(t, id, word);
		}
		if (!err && shape->name >= 0) {
			words_at(t->im, where + (uint64_t)shape->name, &word, sizeof(word));
			err = check_name(t, id, word);
		}
	}
	return err;
}

/* What a typedef, a const or an array is one of; 0: it is something itself. */
static uint32_t stands_for(const struct types *t, uint32_t id)
{
	struct btf_type type = type_at(t, id);
	struct btf_array array = {0};

	if (!shape_of(&type)->chain)
		return 0;
	if (BTF_INFO_KIND(type.info) != BTF_KIND_ARRAY)
		return type.type;
	words_at(t->im, t->type[id] + sizeof(type), &array, sizeof(array));
	return array.type;
}

static int check_chain(const struct types *t, uint32_t id)
{
	uint32_t next = stands_for(t, id);

	for (int n = 0; next; n++) {
		if (n == CHAIN_MAX)
			return bad_type(t, id, "stands for another one deeper than", CHAIN_MAX);
		next = stands_for(t, next);
	}
	return 0;
}

static int check_type(const struct types *t, uint32_t id)
{
	struct btf_type type = type_at(t, id);
	const struct shape *shape = shape_of(&type);
	struct btf_array array = {0};
	int err = check_name(t, id, type.name_off);

	if (!err && shape->points)
		err = check_id(t, id, type.type);
	if (!err && BTF_INFO_KIND(type.info) == BTF_KIND_ARRAY) {
		words_at(t->im, t->type[id] + sizeof(type), &array, sizeof(array));
		err = check_id(t, id, array.type);
		err = err ? err : check_id(t, id, array.index_type);
	}
	return err ? err : check_members(t, id, &type, shape);
}

static bool btf_header_at(const struct image *im, uint64_t offset, struct btf_header *h)
{
	size_t head = offsetof(struct btf_header, hdr_len);

	if (!at(im, offset, h, head) ||
	    !words_at(im, offset + head, (char *)h + head, sizeof(*h) - head))
		return false;
	if (im->turned)
		h->magic = bswap_16(h->magic);
	return true;
}

static int check_btf(const struct image *im, const Elf64_Shdr *sh, struct strbuf *why)
{
	struct types t = {.im = im, .why = why};
	struct btf_header h = {0};
	uint64_t base = sh->sh_offset, room;
	char first = 1, last = 1;
	int err;

	if (sh->sh_size < sizeof(h) || !btf_header_at(im, base, &h) || h.magic != BTF_MAGIC ||
	    h.hdr_len < sizeof(h) || h.hdr_len > sh->sh_size)
		return bad_table(why);
	room = sh->sh_size - h.hdr_len;
	if (h.type_off > room || h.type_len > room - h.type_off || h.str_off > room ||
	    h.str_len > room - h.str_off || !h.str_len)
		return bad_table(why);
	t.at = base + h.hdr_len + h.type_off;
	t.end = t.at + h.type_len;
	t.strings = base + h.hdr_len + h.str_off;
	t.strings_size = h.str_len;
	at(im, t.strings, &first, 1);
	at(im, t.strings + t.strings_size - 1, &last, 1);
	if (first || last)
		return bad_table(why);
	err = find_types(&t);
	for (uint32_t id = 1; !err && id <= t.n; id++)
		err = check_type(&t, id);
	for (uint32_t id = 1; !err && id <= t.n; id++)
		err = check_chain(&t, id);
	free(t.type);
	return err;
}

/* @layout: what its maps hold must be told, too. */
static int check_image(const void *data, size_t size, unsigned char order, bool layout,
		       struct strbuf *why)
{
	Elf64_Shdr btf = {.sh_type = SHT_NOBITS};
	bool code = false;
	struct image im;
	int err = open_image(&im, data, size, order, why);

	if (!err)
		err = check_table(&im, why);
	if (err)
		return err;
	for (unsigned int i = 0; i < im.eh.e_shnum; i++) {
		Elf64_Shdr sh = {0};

		section(&im, i, &sh);
		if (!strcmp(string(&im, &im.names, sh.sh_name), ".BTF"))
			btf = sh;
		code |= sh.sh_type == SHT_PROGBITS && (sh.sh_flags & SHF_EXECINSTR) && sh.sh_size;
	}
	if (!code) {
		strbuf_addstr(why, "holds no program; functions need SEC(\"tracepoint/..\")");
		return -EINVAL;
	}
	if (btf.sh_type == SHT_NOBITS && !layout)
		return 0;
	if (btf.sh_type == SHT_NOBITS) {
		strbuf_addstr(why, "has no BTF, which tells the layout of its maps; compile it "
				   "with -g, and strip it with llvm-strip -g at most");
		return -EINVAL;
	}
	return check_btf(&im, &btf, why);
}

int elf_check(const void *data, size_t size, struct strbuf *why)
{
	return check_image(data, size, ELFDATA_HERE, true, why);
}

static int check_file(const char *path, unsigned char order, bool layout, struct strbuf *why)
{
	struct strbuf file = STRBUF_INIT, reason = STRBUF_INIT;
	int err = strbuf_read_file(&file, path);

	if (err) {
		why_err_sys(why, err, "cannot read %s", path);
	} else {
		err = check_image(file.s, file.len, order, layout, &reason);
		if (err)
			why_err(why, "%s: %s", path, reason.s);
	}
	strbuf_release(&file);
	strbuf_release(&reason);
	return err;
}

int elf_check_file(const char *path, struct strbuf *why)
{
	return check_file(path, ELFDATA_HERE, true, why);
}

int elf_check_file_of(const char *path, bool big_endian, struct strbuf *why)
{
	return check_file(path, big_endian ? ELFDATA2MSB : ELFDATA2LSB, false, why);
}

int elf_byte_order(const char *path, bool *big)
{
	unsigned char ident[EI_NIDENT] = {0};
	FILE *f = fopen(path, "re");
	bool whole = f && fread(ident, sizeof(ident), 1, f) == 1;

	if (f)
		fclose(f);
	if (!whole || memcmp(ident, ELFMAG, SELFMAG))
		return -EINVAL;
	*big = ident[EI_DATA] == ELFDATA2MSB;
	return 0;
}

static bool table_has(Elf *elf, Elf_Scn *section, const char *name)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Shdr sh;
	GElf_Sym sym;

	if (!data || !gelf_getshdr(section, &sh) || sh.sh_type != SHT_SYMTAB)
		return false;
	for (int i = 0; gelf_getsym(data, i, &sym); i++) {
		const char *is = elf_strptr(elf, sh.sh_link, sym.st_name);

		if (is && !strcmp(is, name))
			return true;
	}
	return false;
}

bool elf_has_symbol(const char *path, const char *name)
{
	struct strbuf file = STRBUF_INIT, why = STRBUF_INIT;
	Elf_Scn *section = NULL;
	struct image im;
	bool found = false;
	Elf *elf = NULL;

	if (!strbuf_read_file(&file, path) &&
	    !open_image(&im, file.s, file.len, ELFDATA_HERE, &why) && !check_table(&im, &why) &&
	    elf_version(EV_CURRENT) != EV_NONE)
		elf = elf_memory(file.s, file.len);
	while (elf && !found && (section = elf_nextscn(elf, section)))
		found = table_has(elf, section, name);
	elf_end(elf);
	strbuf_release(&file);
	strbuf_release(&why);
	return found;
}
