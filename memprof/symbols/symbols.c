/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names for every frame of a profile. Files are opened once for each path and build-id, whatever
 * number of processes had them; a return address is looked up one byte before, where the call is.
 */
#include "lib/base.h"
#include "memprof/symbols/symbols.h"

#include <fcntl.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/printable.h"
#include "lib/strbuf.h"
#include "memprof/symbols/addrmap.h"
#include "memprof/symbols/elf_names.h"

struct resolver {
	const struct profile *p;
	const struct symbols_options *o;
	struct symbols *s;
	struct file {
		struct elf_names *names; /* NULL: cannot be had */
		const struct profile_module *module;
	} * files;
	size_t nfiles;
	const char **module_names; /* of each module, harmless; NULL: not asked yet */
	uint32_t *file_of;	   /* of each module: place in @files + 1; 0: not asked yet */
	struct addrmap *kernel;
	bool kernel_asked;
	struct addrmap **jit; /* of each process */
	bool *jit_asked;
};

/* --- names --------------------------------------------------------------------------------------
 */

bool symbols_demangle(const char *name, struct strbuf *out)
{
	char *plain;

	/* "_R..": Rust's own; "_ZN..17h0123456789abcdefE": Rust's older; "_Z..": C++. */
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return false;
	plain = cplus_demangle(name, DMGL_AUTO | DMGL_ANSI | DMGL_PARAMS);
	if (!plain)
		return false;
	strbuf_addstr(out, plain);
	free(plain);
	return true;
}

/* Of anybody's making: made harmless once, for a terminal and for every format. */
static const char *harmless(struct arena *arena, const char *s)
{
	struct strbuf whole = STRBUF_INIT, text = STRBUF_INIT;
	const char *kept;

	printable_add_utf8(&whole, s, strlen(s));
	printable_add_line(&text, whole.s);
	kept = arena_strdup(arena, text.s);
	strbuf_release(&whole);
	strbuf_release(&text);
	return kept;
}

void symbols_set_name(struct symbol *s, const char *name, size_t len, struct arena *arena)
{
	struct strbuf plain = STRBUF_INIT;

	if (symbols_demangle(name, &plain)) {
		s->name = harmless(arena, plain.s);
		s->mangled = harmless(arena, name);
	} else {
		strbuf_add(&plain, name, len);
		s->name = harmless(arena, plain.s);
		s->mangled = NULL;
	}
	strbuf_release(&plain);
}

void symbols_set_line(struct symbol *s, const char *file, int line, struct arena *arena)
{
	s->file = file ? harmless(arena, file) : NULL;
	s->line = line > 0 ? (uint32_t)line : 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static const char *module_name(const struct resolver *r, const struct profile_frame *f)
{
	if (f->module != PROFILE_NONE && *r->p->modules[f->module].path) {
		const char **name = &r->module_names[f->module];

		if (!*name)
			*name = harmless(&r->s->arena, last_part(r->p->modules[f->module].path));
		return *name;
	}
	return f->flags & PROFILE_FRAME_KERNEL ? "[kernel]" : "[unknown]";
}

/* --- where names come from ----------------------------------------------------------------------
 */

static bool same_file(const struct profile_module *a, const struct profile_module *b)
{
	return !strcmp(a->path, b->path) && a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

static struct elf_names *file_names(struct resolver *r, uint32_t module)
{
	const struct profile_module *m = &r->p->modules[module];
	struct file new = {NULL, m};

	if (r->file_of[module])
		return r->files[r->file_of[module] - 1].names;
	for (size_t i = 0; i < r->nfiles; i++)
		if (same_file(r->files[i].module, m)) {
			r->file_of[module] = (uint32_t)i + 1;
			return r->files[i].names;
		}
	if (elf_names_open(&new.names, m, r->o->debug_path))
		r->s->stale++;
	arena_push(&r->s->arena, r->files, r->nfiles, new);
	r->file_of[module] = (uint32_t)r->nfiles;
	return new.names;
}

static uint64_t boot_ns(void)
{
	struct timespec now, up;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return ((uint64_t)now.tv_sec - (uint64_t)up.tv_sec) * NSEC_PER_SEC;
}

/* The kernel lies elsewhere after each boot: this list is of the one that runs. */
static const char *kernel_name(struct resolver *r, uint64_t address)
{
	if (!r->kernel_asked && (r->o->kallsyms || r->p->end_ns >= boot_ns()))
		addrmap_kallsyms(&r->kernel, r->o->kallsyms);
	r->kernel_asked = true;
	return r->kernel ? addrmap_find(r->kernel, address) : NULL;
}

static void refuse(struct resolver *r, const char *path, const char *what)
{
	struct strbuf why = STRBUF_INIT;

	if (!r->s->refused++) {
		strbuf_addf(&why, "%s: %s", path, what);
		r->s->refused_why = harmless(&r->s->arena, why.s);
	}
	strbuf_release(&why);
}

/* Who may write names for the process. */
static bool is_believed(struct resolver *r, const char *path, const struct stat *st,
			const struct profile_process *p)
{
	uint32_t user = p->owner ? p->owner - 1 : geteuid();
	char what[128];

	if (!S_ISREG(st->st_mode)) {
		refuse(r, path, "it is no regular file");
		return false;
	}
	if (!st->st_uid || st->st_uid == user)
		return true;
	snprintf(what, sizeof(what), "it is user %u's, and not root's or that of user %u, %s",
		 st->st_uid, user, p->owner ? "whose process it is for" : "who asks");
	refuse(r, path, what);
	return false;
}

/* A list that was last written before the process began is another process's of that pid. */
static void read_jit(struct resolver *r, uint32_t process)
{
	const struct profile_process *p = &r->p->processes[process];
	struct strbuf path = STRBUF_INIT;
	struct stat st;
	int fd;

	strbuf_addf(&path, "%s/perf-%u.map", r->o->jit_folder ? r->o->jit_folder : "/tmp", p->pid);
	/* A pipe in its place is not waited for. */
	fd = open(path.s, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		refuse(r, path.s, "it is a link");
	else if (fd >= 0 && !fstat(fd, &st) &&
		 ((uint64_t)st.st_mtim.tv_sec + 1) * NSEC_PER_SEC >= p->start_ns &&
		 is_believed(r, path.s, &st, p))
		addrmap_jit(&r->jit[process], fd);
	if (fd >= 0)
		close(fd);
	strbuf_release(&path);
}

static const char *jit_name(struct resolver *r, uint32_t process, uint64_t address)
{
	if (!r->jit_asked[process])
		read_jit(r, process);
	r->jit_asked[process] = true;
	return r->jit[process] ? addrmap_find(r->jit[process], address) : NULL;
}

/* --- frames -------------------------------------------------------------------------------------
 */

static void set_one(struct symbols *s, struct symbol_frame *to, const char *name,
		    const char *module, bool resolved)
{
	struct symbol *one = arena_new(&s->arena, struct symbol);

	*one = (struct symbol){.module = module};
	symbols_set_name(one, name, strlen(name), &s->arena);
	*to = (struct symbol_frame){one, 1, resolved};
}

static void set_unresolved(struct resolver *r, struct symbol_frame *to,
			   const struct profile_frame *f)
{
	struct strbuf name = STRBUF_INIT;

	if (f->module != PROFILE_NONE)
		strbuf_addf(&name, "%s+0x%llx", module_name(r, f), (unsigned long long)f->offset);
	else
		strbuf_addf(&name, "0x%llx", (unsigned long long)f->address);
	set_one(r->s, to, name.s, module_name(r, f), false);
	strbuf_release(&name);
	r->s->unresolved++;
}

static const char *plain_name(struct resolver *r, const struct profile_frame *f)
{
	if (f->name)
		return f->name;
	if (f->flags & PROFILE_FRAME_KERNEL)
		return kernel_name(r, f->address - !(f->flags & PROFILE_FRAME_EXACT));
	if (f->module == PROFILE_NONE && f->process != PROFILE_NONE)
		return jit_name(r, f->process, f->address - !(f->flags & PROFILE_FRAME_EXACT));
	return NULL;
}

static void resolve(struct resolver *r, uint32_t place)
{
	const struct profile_frame *f = &r->p->frames[place];
	struct symbol_frame *to = &r->s->frames[place];
	const char *name = plain_name(r, f);
	struct elf_names *names = NULL;
	struct symbol *at = NULL;
	uint32_t n = 0;

	if (name) {
		set_one(r->s, to, name, module_name(r, f), true);
		return;
	}
	if (f->module != PROFILE_NONE && !(f->flags & PROFILE_FRAME_KERNEL))
		names = file_names(r, f->module);
	if (!names || !elf_names_find(names, f->offset - !(f->flags & PROFILE_FRAME_EXACT),
				      !r->o->names_only, &r->s->arena, &at, &n)) {
		set_unresolved(r, to, f);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		at[i].module = module_name(r, f);
	*to = (struct symbol_frame){at, n, true};
}

static void release(struct resolver *r)
{
	for (size_t i = 0; i < r->nfiles; i++)
		elf_names_close(r->files[i].names);
	for (size_t i = 0; i < r->p->nprocesses; i++)
		addrmap_free(r->jit[i]);
	addrmap_free(r->kernel);
	free(r->module_names);
	free(r->file_of);
	free(r->jit);
	free(r->jit_asked);
}

static void *zeroed(size_t n, size_t size)
{
	void *at = calloc(n ? n : 1, size);

	if (!at)
		abort();
	return at;
}

struct symbols *symbols_of(const struct profile *p, const struct symbols_options *o)
{
	static const struct symbols_options none;
	struct symbols *s = zeroed(1, sizeof(*s));
	struct resolver r = {.p = p,
			     .o = o ? o : &none,
			     .s = s,
			     .module_names = zeroed(p->nmodules, sizeof(const char *)),
			     .file_of = zeroed(p->nmodules, sizeof(*r.file_of)),
			     .jit = zeroed(p->nprocesses, sizeof(struct addrmap *)),
			     .jit_asked = zeroed(p->nprocesses, sizeof(bool))};

	s->n = p->nframes;
	s->frames = arena_array(&s->arena, struct symbol_frame, p->nframes);
	for (uint32_t i = 0; i < p->nframes; i++)
		resolve(&r, i);
	release(&r);
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	arena_release(&s->arena);
	free(s);
}
