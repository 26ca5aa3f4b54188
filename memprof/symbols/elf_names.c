/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names in an ELF file. libdwfl opens it as if it were to be loaded, finds its debug information,
 * and says the symbol and the line of an address. For the functions that a compiler has inlined,
 * DWARF's tree is walked from the smallest scope around the address outwards: each
 * DW_TAG_inlined_subroutine is a call whose place (DW_AT_call_file, DW_AT_call_line) is the line of
 * the function around it.
 */
#include "lib/base.h"
#include "memprof/symbols/elf_names.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/strbuf.h"
#include "memprof/symbols/symtab.h"

struct elf_names {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwfl_Callbacks callbacks;
	struct symtab *symtab;
	char *debug_path;
	GElf_Addr bias; /* where libdwfl has put the file - its own addresses */
};

/* --- opening ------------------------------------------------------------------------------------
 */

static int dwfl_errno_of(void)
{
	int err = dwfl_errno();

	/* Errors of the system are in the upper half. */
	return err & 0xffff0000 ? -EINVAL : -ENOENT;
}

/* A pipe or a device that a hostile profile names would never end. */
static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static int report(struct elf_names *e, const char *path)
{
	if (!is_file(path))
		return -ENOENT;
	e->dwfl = dwfl_begin(&e->callbacks);
	if (!e->dwfl)
		return -ENOMEM;
	dwfl_report_begin(e->dwfl);
	e->module = dwfl_report_offline(e->dwfl, path, path, -1);
	if (!e->module)
		return dwfl_errno_of();
	dwfl_report_end(e->dwfl, NULL, NULL);
	return dwfl_module_getelf(e->module, &e->bias) ? 0 : dwfl_errno_of();
}

static void forget(struct elf_names *e)
{
	if (e->dwfl)
		dwfl_end(e->dwfl);
	e->dwfl = NULL;
	e->module = NULL;
}

static bool is_the_same(struct elf_names *e, const struct profile_module *m)
{
	const unsigned char *bits;
	GElf_Addr where;
	int n = dwfl_module_build_id(e->module, &bits, &where);

	if (!m->build_id_len)
		return true;
	return n > 0 && (uint32_t)n == m->build_id_len && !memcmp(bits, m->build_id, (size_t)n);
}

/* Each folder of the debug path that is absolute: DIR/.build-id/ab/cdef.debug. */
static int report_debug_file(struct elf_names *e, const struct profile_module *m)
{
	struct strbuf id = STRBUF_INIT, path = STRBUF_INIT;
	int err = -ENOENT;

	for (uint32_t i = 0; i < m->build_id_len; i++)
		strbuf_addf(&id, "%02x%s", m->build_id[i], i ? "" : "/");
	for (const char *dir = e->debug_path; m->build_id_len > 1 && err && dir;) {
		const char *colon = strchr(dir, ':');
		int len = colon ? (int)(colon - dir) : (int)strlen(dir);

		strbuf_reset(&path);
		strbuf_addf(&path, "%.*s/.build-id/%s.debug", len, dir, id.s);
		if (*dir == '/') {
			err = report(e, path.s);
			if (!err && !is_the_same(e, m))
				err = -ESTALE;
			if (err)
				forget(e);
		}
		dir = colon ? colon + 1 : NULL;
	}
	strbuf_release(&id);
	strbuf_release(&path);
	return err;
}

int elf_names_open(struct elf_names **out, const struct profile_module *m, const char *debug_path)
{
	struct elf_names *e = calloc(1, sizeof(*e));
	int err;

	*out = NULL;
	if (!e)
		abort();
	e->debug_path = strdup(debug_path ? debug_path : ":.debug:/usr/lib/debug");
	if (!e->debug_path)
		abort();
	e->callbacks = (Dwfl_Callbacks){
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &e->debug_path,
	};
	err = report(e, m->path);
	if (!err && !is_the_same(e, m))
		err = -ESTALE;
	if (err) {
		forget(e);
		if (!report_debug_file(e, m))
			err = 0;
	}
	if (err)
		elf_names_close(e);
	else {
		e->symtab = symtab_new(e->module);
		*out = e;
	}
	return err;
}

void elf_names_close(struct elf_names *e)
{
	if (!e)
		return;
	symtab_free(e->symtab);
	forget(e);
	free(e->debug_path);
	free(e);
}

/* --- one address --------------------------------------------------------------------------------
 */

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *linkage =
		dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr));

	return linkage ? linkage : dwarf_diename(die);
}

/* "memcpy@@GLIBC_2.14": the version is no part of the name. */
static void set_name(struct symbol *s, const char *name, struct arena *arena)
{
	symbols_set_name(s, name, strcspn(name, "@"), arena);
}

static bool is_function(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_subprogram || tag == DW_TAG_entry_point ||
	       tag == DW_TAG_inlined_subroutine;
}

/* Where the call of the inlined @die stands: the file's name, or NULL, and the line. */
static const char *call_place(Dwarf_Die *die, Dwarf_Die *cu, int *line)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word number;

	*line = dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &number) ? 0 : (int)number;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &number) ||
	    dwarf_getsrcfiles(cu, &files, NULL))
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

/*
 * The functions around @address from DWARF's tree, none inlined: none added. The symbol table's
 * name of the outermost is taken by who calls: it has what DWARF may leave out.
 */
static void add_inlined(struct elf_names *e, GElf_Addr address, struct arena *arena,
			struct symbol **at, uint32_t *n, const char **file, int *line)
{
	Dwarf_Die *scopes = NULL, *around = NULL;
	Dwarf_Addr bias;
	Dwarf_Die *cu = dwfl_module_addrdie(e->module, address, &bias);
	int found = cu ? dwarf_getscopes(cu, address - bias, &scopes) : -1;
	int count = found > 0 ? dwarf_getscopes_die(&scopes[0], &around) : -1;

	for (int i = 0; i < count; i++) {
		struct symbol s = {.inlined = true};
		const char *name;

		if (!is_function(&around[i]))
			continue;
		if (dwarf_tag(&around[i]) != DW_TAG_inlined_subroutine)
			break;
		name = die_name(&around[i]);
		set_name(&s, name ? name : "?", arena);
		symbols_set_line(&s, *file, *line, arena);
		arena_push(arena, *at, *n, s);
		*file = call_place(&around[i], cu, line);
	}
	free(scopes);
	free(around);
}

bool elf_names_find(struct elf_names *e, uint64_t address, bool lines, struct arena *arena,
		    struct symbol **at, uint32_t *n)
{
	GElf_Addr there = address + e->bias;
	const char *name, *file = NULL;
	struct symbol s = {0};
	int line = 0;

	name = symtab_find(e->symtab, there);
	if (lines) {
		Dwfl_Line *where = dwfl_module_getsrc(e->module, there);

		if (where)
			file = dwfl_lineinfo(where, NULL, &line, NULL, NULL, NULL);
		add_inlined(e, there, arena, at, n, &file, &line);
	}
	if (!name && !*n)
		return false;
	set_name(&s, name ? name : "?", arena);
	symbols_set_line(&s, file, line, arena);
	arena_push(arena, *at, *n, s);
	return true;
}
