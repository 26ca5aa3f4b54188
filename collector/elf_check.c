/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at the ELF header and the section table of an object, every offset checked against the
 * file's size: libelf and libbpf would say less of what is wrong. What is whole is libelf's to
 * read.
 */
#include "lib/base.h"
#include "collector/elf_check.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "lib/why.h"

struct image {
	const unsigned char *data;
	size_t size;
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

static bool section(const struct image *im, unsigned int i, Elf64_Shdr *sh)
{
	return at(im, im->eh.e_shoff + (uint64_t)i * sizeof(*sh), sh, sizeof(*sh)) &&
	       (sh->sh_type == SHT_NOBITS ||
		(sh->sh_offset <= im->size && sh->sh_size <= im->size - sh->sh_offset));
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

static int open_image(struct image *im, const void *data, size_t size, struct strbuf *why)
{
	*im = (struct image){.data = data, .size = size};
	if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG)) {
		strbuf_addstr(why, "not an ELF file; a BPF object comes from: clang -g -O2 -target "
				   "bpf -c X.bpf.c");
		return -EINVAL;
	}
	if (!at(im, 0, &im->eh, sizeof(im->eh))) {
		strbuf_addf(why,
			    "truncated: %zu bytes do not even hold an ELF header; build it again",
			    size);
		return -EINVAL;
	}
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

int elf_check(const void *data, size_t size, struct strbuf *why)
{
	bool btf = false, code = false;
	struct image im;
	int err = open_image(&im, data, size, why);

	if (!err)
		err = check_table(&im, why);
	if (err)
		return err;
	for (unsigned int i = 0; i < im.eh.e_shnum; i++) {
		Elf64_Shdr sh = {0};

		section(&im, i, &sh);
		btf |= !strcmp(string(&im, &im.names, sh.sh_name), ".BTF");
		code |= sh.sh_type == SHT_PROGBITS && (sh.sh_flags & SHF_EXECINSTR) && sh.sh_size;
	}
	if (!code) {
		strbuf_addstr(why, "holds no program; functions need SEC(\"tracepoint/..\")");
		return -EINVAL;
	}
	if (!btf) {
		strbuf_addstr(why, "has no BTF, which tells the layout of its maps; compile it "
				   "with -g, and strip it with llvm-strip -g at most");
		return -EINVAL;
	}
	return 0;
}

int elf_check_file(const char *path, struct strbuf *why)
{
	struct strbuf file = STRBUF_INIT, reason = STRBUF_INIT;
	int err = strbuf_read_file(&file, path);

	if (err) {
		why_err_sys(why, err, "cannot read %s", path);
	} else {
		err = elf_check(file.s, file.len, &reason);
		if (err)
			why_err(why, "%s: %s", path, reason.s);
	}
	strbuf_release(&file);
	strbuf_release(&reason);
	return err;
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

	if (!strbuf_read_file(&file, path) && !open_image(&im, file.s, file.len, &why) &&
	    !check_table(&im, &why) && elf_version(EV_CURRENT) != EV_NONE)
		elf = elf_memory(file.s, file.len);
	while (elf && !found && (section = elf_nextscn(elf, section)))
		found = table_has(elf, section, name);
	elf_end(elf);
	strbuf_release(&file);
	strbuf_release(&why);
	return found;
}
