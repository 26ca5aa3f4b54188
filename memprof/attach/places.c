/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads /proc/PID/maps, then the symbols of the files that are mapped executable. */
#include "lib/base.h"
#include "memprof/attach/places.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gelf.h>

#include "lib/names.h"
#include "lib/why.h"
#include "memprof/attach/decode.h"

/* Programs of other processors have other registers for their arguments. */
#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#else
enum { OWN_MACHINE = EM_S390 };
#endif

/* --- files ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint32_t function;
} family[] = {
	{"malloc", USER_MALLOC},
	{"calloc", USER_CALLOC},
	{"realloc", USER_REALLOC},
	{"memalign", USER_MEMALIGN},
	{"aligned_alloc", USER_MEMALIGN},
	{"posix_memalign", USER_POSIX_MEMALIGN},
	{"valloc", USER_VALLOC},
	{"pvalloc", USER_VALLOC},
	{"free", USER_FREE},
};

/* The place in the file of an address of its segments; 0: none. */
static uint64_t offset_of(Elf *elf, uint64_t address)
{
	size_t n = 0;

	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr h;

		if (gelf_getphdr(elf, (int)i, &h) && h.p_type == PT_LOAD && address >= h.p_vaddr &&
		    address - h.p_vaddr < h.p_filesz)
			return address - h.p_vaddr + h.p_offset;
	}
	return 0;
}

bool ends_blocks(uint32_t function)
{
	return function == USER_FREE || function == USER_USDT_FREE;
}

/* How far behind the entry the probe stands; -1: no instruction there is known to be emulated. */
static int place_of(uint16_t machine, int fd, uint64_t entry, bool returns)
{
	uint8_t code[DECODE_BYTES];
	ssize_t n = pread(fd, code, sizeof(code), (off_t)entry);

	if (n <= 0)
		return -1;
	return machine == EM_AARCH64 ? decode_arm64(code, (size_t)n, returns)
				     : decode_x86(code, (size_t)n);
}

/* Two names of one function are one place. */
static void add_place(struct places *out, int fd, const char *name, uint32_t function,
		      uint64_t entry)
{
	int behind = place_of(out->machine, fd, entry, !ends_blocks(function));
	uint64_t offset = entry + (uint64_t)(behind > 0 ? behind : 0);

	for (size_t i = 0; i < out->n; i++)
		if (out->v[i].offset == offset)
			return;
	if (out->n < PLACES_MAX)
		out->v[out->n++] = (struct place){
			.name = name, .function = function, .offset = offset, .slow = behind < 0};
}

static void add_symbol(struct places *out, int fd, Elf *elf, const char *name, const GElf_Sym *y)
{
	uint64_t entry;

	if (GELF_ST_TYPE(y->st_info) != STT_FUNC || y->st_shndx == SHN_UNDEF)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(family); i++) {
		if (strcmp(name, family[i].name))
			continue;
		entry = offset_of(elf, y->st_value);
		if (entry)
			add_place(out, fd, family[i].name, family[i].function, entry);
	}
}

static void add_symbols(struct places *out, int fd, Elf *elf)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr h;
		Elf_Data *data;

		if (!gelf_getshdr(scn, &h) ||
		    (h.sh_type != SHT_DYNSYM && h.sh_type != SHT_SYMTAB) || !h.sh_entsize)
			continue;
		data = elf_getdata(scn, NULL);
		for (size_t i = 0; data && i < h.sh_size / h.sh_entsize; i++) {
			GElf_Sym y;
			const char *name = gelf_getsym(data, (int)i, &y)
						   ? elf_strptr(elf, h.sh_link, y.st_name)
						   : NULL;

			if (name)
				add_symbol(out, fd, elf, name, &y);
		}
	}
}

/* A note of SystemTap's probes, version 3: three addresses (of the probe, of the section that the
 * linker may have moved, of the semaphore), then provider, name and arguments. */
static void add_note(struct places *out, Elf *elf, const char *desc, size_t len)
{
	const char *provider = desc + 24, *name, *end = desc + len;
	uint64_t address[3];
	struct place p = {0};

	if (len < 24 + 2 || strnlen(provider, len - 24) == len - 24 ||
	    strcmp(provider, "otel_memory"))
		return;
	name = provider + strlen(provider) + 1;
	if (name >= end || strnlen(name, (size_t)(end - name)) == (size_t)(end - name))
		return;
	memcpy(address, desc, sizeof(address));
	p.function = !strcmp(name, "alloc") ? USER_USDT_ALLOC : USER_USDT_FREE;
	p.name = p.function == USER_USDT_ALLOC ? "otel_memory:alloc" : "otel_memory:free";
	p.offset = offset_of(elf, address[0]);
	p.semaphore = address[2] ? offset_of(elf, address[2]) : 0;
	if (p.offset && out->n < PLACES_MAX)
		out->v[out->n++] = p;
}

static void add_notes(struct places *out, int fd UNUSED, Elf *elf)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		size_t at = 0, next, name, desc;
		Elf_Data *data;
		GElf_Shdr h;
		GElf_Nhdr n;

		if (!gelf_getshdr(scn, &h) || h.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		while (data && (next = gelf_getnote(data, at, &n, &name, &desc))) {
			const char *from = data->d_buf;

			if (n.n_namesz == sizeof("stapsdt") &&
			    !memcmp(from + name, "stapsdt", sizeof("stapsdt")))
				add_note(out, elf, from + desc, n.n_descsz);
			at = next;
		}
	}
}

/* EM_NONE: it is no ELF file, or none of 64 bits. */
static uint16_t machine_of(Elf *elf)
{
	GElf_Ehdr eh;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64)
		return EM_NONE;
	return eh.e_machine;
}

static int read_file(struct places *out, const char *path,
		     void (*add)(struct places *out, int fd, Elf *elf), struct strbuf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	Elf *elf;

	if (fd < 0) {
		err = -errno;
		why_err_sys(why, err, "cannot read %s", path);
		return err;
	}
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	out->n = 0;
	out->machine = machine_of(elf);
	if (out->machine == OWN_MACHINE)
		add(out, fd, elf);
	elf_end(elf);
	close(fd);
	snprintf(out->path, sizeof(out->path), "%s", path);
	return 0;
}

int places_of_file(struct places *out, const char *path, struct strbuf *why)
{
	return read_file(out, path, add_symbols, why);
}

/* --- processes ------------------------------------------------------------------------------- */

/* Files that are mapped executable, in the order of their addresses. */
static int mapped_files(pid_t pid, struct names *files, struct strbuf *why)
{
	char path[64], *line = NULL, name[4096], rights[8];
	size_t room = 0;
	FILE *f;

	/* With CAP_PERFMON the list may be read (Linux 6.18), and still not the files. */
	snprintf(path, sizeof(path), "/proc/%d/root/", (int)pid);
	if (access(path, X_OK) && (errno == EACCES || errno == EPERM)) {
		why_err(why,
			"process %d is another user's, or keeps its files to itself (%s): "
			"CAP_SYS_PTRACE missing, run it with sudo",
			(int)pid, path);
		return -EPERM;
	}
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f) {
		int err = -errno;

		why_err_sys(why, err, "cannot read %s", path);
		return err;
	}
	while (getline(&line, &room, f) > 0)
		if (sscanf(line, "%*s %7s %*s %*s %*s %4095[^\n]", rights, name) == 2 &&
		    rights[2] == 'x' && name[0] == '/')
			names_add(files, name);
	free(line);
	fclose(f);
	return 0;
}

static bool is_libc(const char *path)
{
	const char *file = strrchr(path, '/') + 1;

	return !strncmp(file, "libc.so", 7) || !strncmp(file, "libc-", 5) ||
	       !strncmp(file, "ld-", 3);
}

static bool has(const struct places *p, uint32_t function)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].function == function)
			return true;
	return false;
}

static bool try_file(struct places *out, pid_t pid, const char *name,
		     void (*add)(struct places *out, int fd, Elf *elf), uint32_t first,
		     uint32_t second)
{
	struct strbuf why = STRBUF_INIT;
	char path[4096 + 64];
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, name);
	/* Of a process that has changed its root the list has the names that we have. */
	if (access(path, F_OK) && errno == ENOENT)
		snprintf(path, sizeof(path), "%s", name);
	good = strlen(path) < sizeof(out->path) && !read_file(out, path, add, &why) &&
	       has(out, first) && has(out, second);
	snprintf(out->shown, sizeof(out->shown), "%s", name);
	strbuf_release(&why);
	return good;
}

static void add_none(struct places *out UNUSED, int fd UNUSED, Elf *elf UNUSED)
{
}

static int explain_none(struct places *out, pid_t pid, struct strbuf *why)
{
	struct strbuf unread = STRBUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (!read_file(out, path, add_none, &unread) && out->machine != OWN_MACHINE) {
		why_err(why,
			"process %d is a program of another processor or of 32 bits, whose calls "
			"have their arguments elsewhere; memprof kernel and memprof both show what "
			"it takes of the kernel",
			(int)pid);
		return -ENOTSUP;
	}
	strbuf_release(&unread);
	why_err(why,
		"process %d has no malloc by name: a stripped static program, or "
		"one of a language with an allocator of its own (Go); memprof kernel and "
		"memprof both show what it takes of the kernel",
		(int)pid);
	return -ENOENT;
}

int places_find(struct places *out, pid_t pid, struct strbuf *why)
{
	struct names files = {0};
	bool found = false;
	int err = mapped_files(pid, &files, why);

	/* libc last: another allocator takes its place. */
	for (int libc = 0; !err && !found && libc < 2; libc++)
		for (size_t i = 0; !found && i < files.n; i++)
			found = is_libc(files.v[i]) == libc &&
				try_file(out, pid, files.v[i], add_symbols, USER_MALLOC, USER_FREE);
	/* Of a static program that frees nothing the linker has left free() out, as with musl. */
	for (size_t i = 0; !err && !found && i < files.n; i++)
		found = try_file(out, pid, files.v[i], add_symbols, USER_MALLOC, USER_MALLOC);
	names_release(&files);
	return err || found ? err : explain_none(out, pid, why);
}

int places_find_usdt(struct places *out, pid_t pid, struct strbuf *why)
{
	struct names files = {0};
	bool found = false;
	int err = mapped_files(pid, &files, why);

	for (size_t i = 0; !err && !found && i < files.n; i++)
		found = try_file(out, pid, files.v[i], add_notes, USER_USDT_ALLOC, USER_USDT_FREE);
	names_release(&files);
	return err ? err : found ? 0 : -ENOENT;
}
