/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libdw asks for registers and for words of memory, which come out of the sample; a word that is
 * not in it ends the walk. A walk is a function of the three registers that frames are found by
 * and of the words it read: those are its memo. The process's list of files is read again when an
 * address is in none of them (exec, dlopen): as often as that finds its file, and only a few times
 * in a while for code that has none (JIT). A walk through such an address is taken from the memo
 * only while the list is not to be read again.
 */
#include "lib/base.h"
#include "memprof/attach/unwind.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "lib/clock.h"

enum {
	WALKS = 4096,	  /* kept */
	WORDS_MAX = 1024, /* read by a walk that is kept */
	VAIN_MAX = 8,	  /* readings of the list that find nothing, in the time of: */
	VAIN_NS = 200000000,
	ENTRY_BYTES = 64, /* of the code that a program or its loader begins with */
};

struct word {
	uint64_t offset, value; /* from the stack pointer */
};

struct walk {
	uint64_t pc, sp, bp;
	struct word *words; /* NULL: none is kept here */
	uint32_t nwords, nframes;
	uint32_t *frames;
	bool cut, nowhere;
};

struct unwinder {
	Dwfl *dwfl;
	pid_t pid;
	const struct unwind_files *files; /* NULL: those of the process's own list */
	size_t nfiles;			  /* of them are known to libdw */
	struct profile *p;
	uint32_t process;
	uint64_t vain_since_ns;
	int vain;
	const struct memprof_sample *sample;
	struct unwound *out;
	struct word words[WORDS_MAX];
	uint32_t nwords;
	bool short_of; /* the walk wanted memory that was not copied */
	bool nowhere;  /* it came to an address that is in no file */
	uint64_t last; /* where the outermost frame that was found goes on */
	struct walk *walks;
	struct unwind_counts counts;
};

/* --- what libdw asks for --------------------------------------------------------------------- */

static pid_t next_thread(Dwfl *dwfl UNUSED, void *arg, void **thread_arg)
{
	struct unwinder *u = arg;

	if (*thread_arg)
		return 0;
	*thread_arg = u;
	return (pid_t)u->sample->tid;
}

static bool get_thread(Dwfl *dwfl UNUSED, pid_t tid UNUSED, void *arg, void **thread_arg)
{
	*thread_arg = arg;
	return true;
}

static bool read_memory(Dwfl *dwfl UNUSED, Dwarf_Addr address, Dwarf_Word *result, void *arg)
{
	struct unwinder *u = arg;
	const struct memprof_sample *s = u->sample;
	uint64_t offset = address - s->registers[7];

	if (offset > s->copied || s->copied - offset < sizeof(uint64_t)) {
		u->short_of = true;
		return false;
	}
	memcpy(result, s->bytes + offset, sizeof(uint64_t));
	if (u->nwords < WORDS_MAX)
		u->words[u->nwords] = (struct word){offset, *result};
	u->nwords++;
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct unwinder *u = arg;
	Dwarf_Word registers[SAMPLE_REGISTERS];

	for (int i = 0; i < SAMPLE_REGISTERS; i++)
		registers[i] = u->sample->registers[i];
	return dwfl_thread_state_registers(thread, 0, SAMPLE_REGISTERS, registers);
}

static int no_debuginfo(Dwfl_Module *m UNUSED, void **data UNUSED, const char *name UNUSED,
			Dwarf_Addr base UNUSED, const char *file UNUSED, const char *link UNUSED,
			GElf_Word crc UNUSED, char **path UNUSED)
{
	return -1;
}

static const Dwfl_Thread_Callbacks threads = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_memory,
	.set_initial_registers = set_registers,
};

/* A module's data is its file in unwinder.files. */
static int find_file(Dwfl_Module *m UNUSED, void **data, const char *name UNUSED,
		     Dwarf_Addr base UNUSED, char **path UNUSED, Elf **elf UNUSED)
{
	const struct unwind_file *f = *data;
	int fd = f ? open(f->path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;

	/* The upper half of a number may be overlayfs's own. */
	if (fd >= 0 &&
	    (fstat(fd, &st) || !S_ISREG(st.st_mode) || (uint32_t)st.st_ino != (uint32_t)f->inode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static const Dwfl_Callbacks known_files = {
	.find_elf = find_file,
	.find_debuginfo = no_debuginfo,
};

static const Dwfl_Callbacks files = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = no_debuginfo, /* unwinding takes .eh_frame alone */
};

/* --- modules --------------------------------------------------------------------------------- */

static void add_profile_module(struct unwinder *u, Dwfl_Module *m, const char *name,
			       Dwarf_Addr start)
{
	struct profile_module one = {.process = u->process, .start = start, .path = name};
	const unsigned char *id;
	GElf_Addr bias = 0, at;
	Dwarf_Addr end;
	int len;

	dwfl_module_info(m, NULL, NULL, &end, NULL, NULL, NULL, NULL);
	dwfl_module_getelf(m, &bias);
	len = dwfl_module_build_id(m, &id, &at);
	if (len > 0 && len <= PROFILE_BUILD_ID_MAX) {
		memcpy(one.build_id, id, (size_t)len);
		one.build_id_len = (uint32_t)len;
	}
	one.end = end;
	one.bias = bias;
	profile_add_module(u->p, &one);
}

static int add_module(Dwfl_Module *m, void **data, const char *name, Dwarf_Addr start, void *arg)
{
	if (*data) /* it was there at the last refresh */
		return DWARF_CB_OK;
	*data = arg;
	add_profile_module(arg, m, name, start);
	return DWARF_CB_OK;
}

static int refresh_files(struct unwinder *u)
{
	dwfl_report_begin_add(u->dwfl);
	for (; u->nfiles < u->files->n; u->nfiles++) {
		struct unwind_file *f = &u->files->v[u->nfiles];
		Dwfl_Module *m = dwfl_report_module(u->dwfl, f->path, f->start, f->end);
		void **data;

		if (!m)
			continue;
		dwfl_module_info(m, &data, NULL, NULL, NULL, NULL, NULL, NULL);
		*data = f;
		add_profile_module(u, m, f->path, f->start);
	}
	dwfl_report_end(u->dwfl, NULL, NULL);
	return 0;
}

static int refresh(struct unwinder *u)
{
	int err;

	if (u->files)
		return refresh_files(u);
	dwfl_report_begin_add(u->dwfl);
	err = dwfl_linux_proc_report(u->dwfl, u->pid);
	dwfl_report_end(u->dwfl, NULL, NULL);
	if (!err)
		dwfl_getmodules(u->dwfl, add_module, u, 0);
	return err > 0 ? -err : err ? -EIO : 0;
}

static bool may_refresh(struct unwinder *u)
{
	uint64_t now = clock_ns();

	if (now - u->vain_since_ns > VAIN_NS) {
		u->vain_since_ns = now;
		u->vain = 0;
	}
	return u->vain < VAIN_MAX;
}

static void refresh_for(struct unwinder *u, uint64_t pc)
{
	if (dwfl_addrmodule(u->dwfl, pc))
		return;
	if (may_refresh(u)) {
		refresh(u);
		if (dwfl_addrmodule(u->dwfl, pc))
			return;
		u->vain++;
	}
	u->nowhere = true;
}

int unwinder_open(struct unwinder **out, pid_t pid, struct profile *p, uint32_t process)
{
	return unwinder_open_files(out, pid, NULL, p, process);
}

int unwinder_open_files(struct unwinder **out, pid_t pid, const struct unwind_files *known,
			struct profile *p, uint32_t process)
{
	struct unwinder *u = calloc(1, sizeof(*u));
	int err;

	*out = NULL;
	if (!u)
		return -ENOMEM;
	u->pid = pid;
	u->files = known;
	u->p = p;
	u->process = process;
	u->walks = calloc(WALKS, sizeof(*u->walks));
	u->dwfl = dwfl_begin(known ? &known_files : &files);
	err = u->walks && u->dwfl ? refresh(u) : -ENOMEM;
	if (!err && !dwfl_attach_state(u->dwfl, NULL, pid, &threads, u))
		err = -ENOTSUP;
	if (err)
		unwinder_close(u);
	else
		*out = u;
	return err;
}

void unwinder_close(struct unwinder *u)
{
	if (!u)
		return;
	for (size_t i = 0; u->walks && i < WALKS; i++) {
		free(u->walks[i].words);
		free(u->walks[i].frames);
	}
	free(u->walks);
	if (u->dwfl)
		dwfl_end(u->dwfl);
	free(u);
}

/* --- walks ----------------------------------------------------------------------------------- */

static int take_frame(Dwfl_Frame *frame, void *arg)
{
	struct unwinder *u = arg;
	Dwarf_Addr pc;
	bool exact;

	if (!dwfl_frame_pc(frame, &pc, &exact) || !pc || u->out->n == UNWIND_FRAMES)
		return DWARF_CB_ABORT;
	refresh_for(u, pc);
	u->last = pc;
	u->out->frames[u->out->n] = profile_frame_at(
		u->p, u->process, pc, exact && u->out->n ? PROFILE_FRAME_EXACT : 0, NULL);
	u->out->n++;
	return DWARF_CB_OK;
}

/* Which walk this one may be: by what it begins with. */
static struct walk *walk_of(struct unwinder *u, const struct memprof_sample *s)
{
	uint64_t hash = s->registers[16] * 0x9E3779B97F4A7C15ULL ^ s->registers[7];

	hash = (hash ^ s->registers[6]) * 0x9E3779B97F4A7C15ULL;
	/* The word on top tells callers of one function from each other. */
	if (s->copied >= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, s->bytes, sizeof(word));
		hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
	}
	return &u->walks[hash >> 52];
}
_Static_assert(WALKS == 1 << 12, "the hash's upper bits");

static bool is_same(struct unwinder *u, const struct walk *w, const struct memprof_sample *s)
{
	if (!w->frames || w->pc != s->registers[16] || w->sp != s->registers[7] ||
	    w->bp != s->registers[6])
		return false;
	for (uint32_t i = 0; i < w->nwords; i++)
		if (w->words[i].offset + sizeof(uint64_t) > s->copied ||
		    memcmp(s->bytes + w->words[i].offset, &w->words[i].value, sizeof(uint64_t)))
			return false;
	return !w->nowhere || !may_refresh(u);
}

static void keep(struct walk *w, const struct unwinder *u)
{
	const struct memprof_sample *s = u->sample;

	free(w->words);
	free(w->frames);
	*w = (struct walk){.pc = s->registers[16], .sp = s->registers[7], .bp = s->registers[6]};
	if (u->nwords > WORDS_MAX)
		return;
	w->words = malloc(u->nwords * sizeof(*w->words) + 1);
	w->frames = malloc(u->out->n * sizeof(*w->frames) + 1);
	if (!w->words || !w->frames) {
		free(w->frames);
		w->frames = NULL;
		return;
	}
	memcpy(w->words, u->words, u->nwords * sizeof(*w->words));
	memcpy(w->frames, u->out->frames, u->out->n * sizeof(*w->frames));
	w->nwords = u->nwords;
	w->nframes = u->out->n;
	w->cut = u->out->cut;
	w->nowhere = u->nowhere;
}

/* The code that a module is started with by the kernel, as glibc's loader is: written by hand, and
 * without unwind information. Nobody called it. */
static bool began_there(struct unwinder *u, uint64_t pc)
{
	Dwfl_Module *m = dwfl_addrmodule(u->dwfl, pc);
	GElf_Addr bias = 0;
	GElf_Ehdr eh;
	Elf *elf = m ? dwfl_module_getelf(m, &bias) : NULL;

	return elf && gelf_getehdr(elf, &eh) && eh.e_entry &&
	       pc - (bias + eh.e_entry) < ENTRY_BYTES;
}

static void walk(struct unwinder *u)
{
	int err = dwfl_getthread_frames(u->dwfl, (pid_t)u->sample->tid, take_frame, u);

	if (err && u->out->n && !u->short_of && !u->nowhere && began_there(u, u->last))
		err = 0;
	u->counts.walks++;
	u->out->cut = err != 0;
	u->counts.failed += err && (u->nowhere || !u->short_of);
	u->counts.cut += err && !u->nowhere && u->short_of;
}

void unwind(struct unwinder *u, const struct memprof_sample *s, struct unwound *out)
{
	struct walk *w = walk_of(u, s);

	out->n = 0;
	if (is_same(u, w, s)) {
		memcpy(out->frames, w->frames, w->nframes * sizeof(*w->frames));
		out->n = w->nframes;
		out->cut = w->cut;
		u->counts.reused++;
		return;
	}
	u->sample = s;
	u->out = out;
	u->nwords = 0;
	u->short_of = false;
	u->nowhere = false;
	walk(u);
	keep(w, u);
}

struct unwind_counts unwinder_counts(const struct unwinder *u)
{
	return u->counts;
}
