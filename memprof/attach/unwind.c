/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libdw asks for registers and for words of memory, which come out of the sample; a word that is
 * not in it ends the walk. A walk is a function of the registers that frames are found by
 * and of the words it read: those are its memo. Many of these words are registers that functions
 * saved, which libdw reads and nothing hangs on, and so is mostly the frame pointer; their values
 * change from call to call. So a new walk is made again with another value, which is no address, in
 * place of all but the return addresses, then of all but these and what points into the stack. What
 * any frame hangs on would then be read elsewhere: where each step is as it was, only the others
 * are its memo.
 *
 * The process's list of files is read again when an address is in none of them (dlopen), or a walk
 * ends too early: as often as that finds something, and only a few times in a while for code that
 * has no file (JIT). A walk through such an address is taken from the memo only while the list is
 * not to be read again. libdw takes an address between two files for one of the lower, so its
 * answer is held against the file's own bounds. What lies where another file was (exec, dlclose, a
 * library that was only partly mapped when the list was read) makes all that was known void.
 */
#include "lib/base.h"
#include "memprof/attach/unwind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

enum {
	WORDS_MAX = 1024, /* read by a walk that is kept */
	VAIN_MAX = 8,	  /* readings of the list that find nothing, in the time of: */
	VAIN_NS = 200000000,
	ENTRY_BYTES = 64, /* of the code that a program or its loader begins with */
	ADDRESS_BITS = 48,
#if defined(__aarch64__)
	HAS_SIGNATURES = true,
	DWARF_REGISTERS = SAMPLE_PC, /* the pc is none of them */
#else
	HAS_SIGNATURES = false,
	DWARF_REGISTERS = SAMPLE_REGISTERS,
#endif
};

struct word {
	uint64_t offset, value; /* from the stack pointer */
};

struct walk {
	uint64_t pc, sp, by[SAMPLE_BY];
	struct word *words; /* NULL: none is kept here */
	uint32_t nwords, nframes;
	uint32_t *frames;
	bool cut, nowhere;
	uint16_t needs;	 /* bit n: of by[n] */
	uint32_t number; /* among the shared ones; 0: it is not */
};

/* A walk that is made once more: which values count, the others being replaced. */
enum trial {
	TRIAL_NONE,	 /* none is: all count */
	TRIAL_RETURNS,	 /* return addresses */
	TRIAL_ADDRESSES, /* and addresses in the stack */
};
#define NO_ADDRESS 0x5a5a5a5a5a5a5a58ULL

/* Of the program that a process is: exec() chooses others. */
struct image {
	uint64_t code, stack;
};

struct unwinder {
	Dwfl *dwfl;
	struct image image;
	bool stale;	  /* a file lies where another one was */
	size_t nreported; /* files that the last reading of the list found */
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
	uint64_t pcs[UNWIND_FRAMES + 1]; /* of the frames, and what ended them */
	uint32_t npcs, at;		 /* @at: where the trial is */
	enum trial trial;
	bool differs;	    /* the trial, from the walk */
	bool short_of;	    /* the walk wanted memory that was not copied */
	bool nowhere;	    /* it came to an address that is in no file */
	uint64_t last;	    /* where the outermost frame that was found goes on */
	struct walk *walks; /* USER_WALKS */
	uint8_t next[USER_WALKS / USER_WALK_WAYS]; /* of each set: the way that is given up next */
	struct user_walk *shared;		   /* NULL, or as many */
	uint32_t numbers;			   /* given to shared walks */
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

static Dwfl_Module *module_at(const struct unwinder *u, uint64_t inside)
{
	Dwfl_Module *m = dwfl_addrmodule(u->dwfl, inside);
	Dwarf_Addr start = 0, end = 0;

	if (m)
		dwfl_module_info(m, NULL, &start, &end, NULL, NULL, NULL, NULL);
	return inside >= start && inside < end ? m : NULL;
}

/* arm64 signs return addresses (paciasp) in the bits above those of an address, which libdw 0.188
 * does not know. What is an address in a file without them is that: nothing else is used as one. */
static uint64_t without_signature(const struct unwinder *u, uint64_t value)
{
	uint64_t address = value & ((1ULL << ADDRESS_BITS) - 1);

	return HAS_SIGNATURES && address != value && module_at(u, address) ? address : value;
}

static bool counts(const struct unwinder *u, uint64_t value)
{
	const struct memprof_sample *s = u->sample;

	if (u->trial == TRIAL_NONE)
		return true;
	value = without_signature(u, value);
	for (uint32_t i = 1; i < u->npcs; i++)
		if (u->pcs[i] == value)
			return true;
	return u->trial == TRIAL_ADDRESSES && value - s->registers[SAMPLE_SP] < SAMPLE_STACK_BYTES;
}

static bool read_again(struct unwinder *u, uint64_t offset, uint64_t *value)
{
	if (u->nwords >= WORDS_MAX || u->words[u->nwords].offset != offset) {
		u->differs = true;
		return false;
	}
	if (!counts(u, *value))
		*value = NO_ADDRESS;
	u->nwords++;
	return true;
}

static bool read_memory(Dwfl *dwfl UNUSED, Dwarf_Addr address, Dwarf_Word *result, void *arg)
{
	struct unwinder *u = arg;
	const struct memprof_sample *s = u->sample;
	uint64_t offset = address - s->registers[SAMPLE_SP], value;

	if (offset > s->copied || s->copied - offset < sizeof(uint64_t)) {
		u->short_of = true;
		return false;
	}
	memcpy(&value, s->bytes + offset, sizeof(value));
	*result = without_signature(u, value);
	if (u->trial)
		return read_again(u, offset, result);
	if (u->nwords < WORDS_MAX)
		u->words[u->nwords] = (struct word){offset, value};
	u->nwords++;
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct unwinder *u = arg;
	Dwarf_Word registers[SAMPLE_REGISTERS];

	for (int i = 0; i < SAMPLE_REGISTERS; i++)
		registers[i] = u->sample->registers[i];
	for (int i = SAMPLE_FP; i < SAMPLE_FP + SAMPLE_BY; i++)
		registers[i] =
			counts(u, registers[i]) ? without_signature(u, registers[i]) : NO_ADDRESS;
	dwfl_thread_state_register_pc(thread, registers[SAMPLE_PC]);
	return dwfl_thread_state_registers(thread, 0, DWARF_REGISTERS, registers);
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

static bool overlaps(const struct unwinder *u, Dwarf_Addr start, Dwarf_Addr end)
{
	for (size_t i = 0; i < u->p->nmodules; i++) {
		const struct profile_module *o = &u->p->modules[i];

		if (o->process == u->process && !o->gone && start < o->end && o->start < end)
			return true;
	}
	return false;
}

static int add_module(Dwfl_Module *m, void **data, const char *name, Dwarf_Addr start, void *arg)
{
	struct unwinder *u = arg;
	Dwarf_Addr end;

	if (*data) /* it was there at the last refresh */
		return DWARF_CB_OK;
	*data = u;
	u->nreported++;
	dwfl_module_info(m, NULL, NULL, &end, NULL, NULL, NULL, NULL);
	u->stale |= overlaps(u, start, end);
	add_profile_module(u, m, name, start);
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

static int report(Dwfl *dwfl, pid_t pid)
{
	int err;

	dwfl_report_begin_add(dwfl);
	err = dwfl_linux_proc_report(dwfl, pid);
	dwfl_report_end(dwfl, NULL, NULL);
	return err > 0 ? -err : err ? -EIO : 0;
}

/* u->nreported says how many new files there are. */
static int refresh(struct unwinder *u)
{
	int err;

	u->nreported = 0;
	if (u->files)
		return refresh_files(u);
	err = report(u->dwfl, u->pid);
	if (!err)
		dwfl_getmodules(u->dwfl, add_module, u, 0);
	return err;
}

/* proc_pid_stat(5): startcode is the 26th, startstack the 28th word. False: it has ended, or this
 * may not be known. */
static bool read_image(pid_t pid, struct image *out)
{
	struct strbuf text = STRBUF_INIT;
	char path[64], *at;

	*out = (struct image){0};
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (strbuf_read_file(&text, path))
		strbuf_reset(&text);
	at = strrchr(text.s, ')');
	for (int word = 3; at && word <= 28; word++) {
		at = strchr(at + 1, ' ');
		if (at && word == 26)
			out->code = strtoull(at, NULL, 10);
		if (at && word == 28)
			out->stack = strtoull(at, NULL, 10);
	}
	strbuf_release(&text);
	return out->code && out->stack;
}

static bool became_another(struct unwinder *u)
{
	struct image now;

	if (u->files || !read_image(u->pid, &now) || !memcmp(&now, &u->image, sizeof(now)))
		return false;
	u->image = now;
	return true;
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

static void refresh_for(struct unwinder *u, uint64_t inside)
{
	if (module_at(u, inside))
		return;
	if (may_refresh(u)) {
		refresh(u);
		if (module_at(u, inside))
			return;
		u->vain++;
	}
	u->nowhere = true;
}

/* --- another program, other files ------------------------------------------------------------ */

static void forget_walks(struct unwinder *u)
{
	for (size_t i = 0; i < USER_WALKS; i++) {
		free(u->walks[i].words);
		free(u->walks[i].frames);
		u->walks[i] = (struct walk){0};
		if (u->shared)
			__atomic_store_n(&u->shared[i].number, 0, __ATOMIC_SEQ_CST);
	}
}

static int any_module(Dwfl_Module *m UNUSED, void **data UNUSED, const char *name UNUSED,
		      Dwarf_Addr start UNUSED, void *arg)
{
	*(bool *)arg = true;
	return DWARF_CB_ABORT;
}

/* Reads the list anew, as if nothing was known. Where it is empty (the process has ended) all stays
 * as it is. */
static void begin_again(struct unwinder *u)
{
	Dwfl *dwfl = dwfl_begin(&files);
	bool any = false;

	u->stale = false;
	if (dwfl && !report(dwfl, u->pid))
		dwfl_getmodules(dwfl, any_module, &any, 0);
	if (!any || !dwfl_attach_state(dwfl, NULL, u->pid, &threads, u)) {
		if (dwfl)
			dwfl_end(dwfl);
		return;
	}
	dwfl_end(u->dwfl);
	u->dwfl = dwfl;
	for (size_t i = 0; i < u->p->nmodules; i++)
		if (u->p->modules[i].process == u->process)
			u->p->modules[i].gone = true;
	dwfl_getmodules(dwfl, add_module, u, 0);
	forget_walks(u);
	u->vain = 0;
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
	u->walks = calloc(USER_WALKS, sizeof(*u->walks));
	u->dwfl = dwfl_begin(known ? &known_files : &files);
	became_another(u);
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
	for (size_t i = 0; u->walks && i < USER_WALKS; i++) {
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

	if (!dwfl_frame_pc(frame, &pc, &exact))
		return DWARF_CB_ABORT;
	if (u->trial) {
		u->differs |= u->at == u->npcs || u->pcs[u->at] != pc;
		u->at++;
		return u->differs || !pc || u->at > UNWIND_FRAMES ? DWARF_CB_ABORT : DWARF_CB_OK;
	}
	u->pcs[u->npcs++] = pc;
	if (!pc || u->out->n == UNWIND_FRAMES)
		return DWARF_CB_ABORT;
	refresh_for(u, pc - !exact);
	u->last = pc;
	if (u->stale)
		return DWARF_CB_ABORT;
	u->out->frames[u->out->n] = profile_frame_at(
		u->p, u->process, pc, exact && u->out->n ? PROFILE_FRAME_EXACT : 0, NULL);
	u->out->n++;
	return DWARF_CB_OK;
}

static bool is_same(struct unwinder *u, const struct walk *w, const struct memprof_sample *s)
{
	if (!w->frames || w->pc != s->registers[SAMPLE_PC] || w->sp != s->registers[SAMPLE_SP])
		return false;
	for (int i = 0; i < SAMPLE_BY; i++)
		if (w->needs & 1U << i && w->by[i] != s->registers[SAMPLE_FP + i])
			return false;
	for (uint32_t i = 0; i < w->nwords; i++)
		if (w->words[i].offset + sizeof(uint64_t) > s->copied ||
		    memcmp(s->bytes + w->words[i].offset, &w->words[i].value, sizeof(uint64_t)))
			return false;
	return !w->nowhere || !may_refresh(u);
}

/* The walk that this one is; NULL: none that is kept. */
static struct walk *find(struct unwinder *u, const struct memprof_sample *s)
{
	struct walk *set =
		&u->walks[user_walk_set(s->registers[SAMPLE_PC], s->registers[SAMPLE_SP])];

	for (unsigned int way = 0; way < USER_WALK_WAYS; way++)
		if (is_same(u, &set[way], s))
			return &set[way];
	return NULL;
}

static struct walk *place_for(struct unwinder *u, const struct memprof_sample *s)
{
	uint32_t set = user_walk_set(s->registers[SAMPLE_PC], s->registers[SAMPLE_SP]);

	return &u->walks[set + u->next[set / USER_WALK_WAYS]++ % USER_WALK_WAYS];
}

/* Keeps what was walked last. */
static void keep(struct walk *w, const struct unwinder *u, uint16_t needs)
{
	const struct memprof_sample *s = u->sample;

	free(w->words);
	free(w->frames);
	*w = (struct walk){.pc = s->registers[SAMPLE_PC], .sp = s->registers[SAMPLE_SP]};
	memcpy(w->by, &s->registers[SAMPLE_FP], sizeof(w->by));
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
	w->needs = needs;
}

/* --- walks that programs know again ---------------------------------------------------------- */

void unwinder_share(struct unwinder *u, struct user_walk *walks)
{
	u->shared = walks;
}

/* False: there are too many, or one lies as none does. */
static bool add_word(struct user_walk *to, const struct word *w)
{
	struct user_block *b;
	uint64_t at;

	for (uint32_t i = 0; i < to->nblocks; i++) {
		b = &to->block[i];
		at = w->offset - b->offset;
		if (at / sizeof(uint64_t) < USER_BLOCK_WORDS && !(at % sizeof(uint64_t))) {
			b->words |= 1U << at / sizeof(uint64_t);
			b->word[at / sizeof(uint64_t)] = w->value;
			return true;
		}
	}
	if (to->nblocks == USER_WALK_BLOCKS)
		return false;
	b = &to->block[to->nblocks++];
	*b = (struct user_block){.offset = (uint32_t)w->offset, .words = 1, .word = {w->value}};
	return true;
}

static int by_offset(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* @w is kept anew: it is shared, if it can be. Programs look meanwhile. */
static void share(struct unwinder *u, struct walk *w)
{
	struct user_walk *to = &u->shared[w - u->walks];

	w->number = 0;
	__atomic_store_n(&to->number, 0, __ATOMIC_SEQ_CST);
	if (!w->frames || w->nowhere || u->numbers == UINT32_MAX)
		return;
	to->pc = w->pc;
	to->sp = w->sp;
	memcpy(to->by, w->by, sizeof(to->by));
	to->needs = w->needs;
	to->nblocks = 0;
	/* Their order is nothing to the memo. */
	qsort(w->words, w->nwords, sizeof(*w->words), by_offset);
	for (uint32_t i = 0; i < w->nwords; i++)
		if (!add_word(to, &w->words[i]))
			return;
	w->number = ++u->numbers;
	__atomic_store_n(&to->number, w->number, __ATOMIC_RELEASE);
}

/* The code that a module is started with by the kernel, as glibc's loader is: written by hand, and
 * without unwind information. Nobody called it. */
static bool began_there(struct unwinder *u, uint64_t pc)
{
	Dwfl_Module *m = module_at(u, pc);
	GElf_Addr bias = 0;
	GElf_Ehdr eh;
	Elf *elf = m ? dwfl_module_getelf(m, &bias) : NULL;

	return elf && gelf_getehdr(elf, &eh) && eh.e_entry &&
	       pc - (bias + eh.e_entry) < ENTRY_BYTES;
}

/* Whether each step is as it was. The trial goes on: counts() answers as in it. */
static bool try_again(struct unwinder *u, enum trial trial)
{
	const uint32_t nwords = u->nwords;
	bool same;

	u->trial = trial;
	u->differs = false;
	u->at = 0;
	u->nwords = 0;
	same = !dwfl_getthread_frames(u->dwfl, (pid_t)u->sample->tid, take_frame, u) &&
	       !u->differs && u->at == u->npcs && u->nwords == nwords;
	u->nwords = nwords;
	return same;
}

/* Leaves of the words that were read those that the walk hangs on. Returns on which of the
 * registers it does. */
static uint16_t reduce(struct unwinder *u)
{
	const bool short_of = u->short_of;
	uint16_t needs = 0;
	uint32_t n = 0;

	if (!try_again(u, TRIAL_RETURNS) && !try_again(u, TRIAL_ADDRESSES))
		u->trial = TRIAL_NONE;
	u->short_of = short_of;
	for (uint32_t i = 0; i < u->nwords; i++)
		if (counts(u, u->words[i].value))
			u->words[n++] = u->words[i];
	u->nwords = n;
	for (int i = 0; i < SAMPLE_BY; i++)
		needs |= (uint16_t)(counts(u, u->sample->registers[SAMPLE_FP + i]) << i);
	u->trial = TRIAL_NONE;
	return needs;
}

/* As dwfl_getthread_frames(); 0 also where the program began. */
static int walk_once(struct unwinder *u)
{
	int err;

	u->nwords = 0;
	u->npcs = 0;
	u->out->n = 0;
	u->short_of = false;
	u->nowhere = false;
	err = dwfl_getthread_frames(u->dwfl, (pid_t)u->sample->tid, take_frame, u);
	if (err && u->out->n && !u->stale && !u->short_of && !u->nowhere && began_there(u, u->last))
		err = 0;
	return err;
}

/* After a walk that ended too early: whether the list says otherwise by now. */
static bool has_changed(struct unwinder *u)
{
	if (u->stale)
		return true;
	if (u->files || u->nowhere || !may_refresh(u))
		return false;
	refresh(u);
	u->vain += !u->nreported;
	return u->nreported > 0;
}

/* Returns whether it came to its end by itself, each frame in a file. */
static bool walk(struct unwinder *u)
{
	int err;

	if (became_another(u))
		begin_again(u);
	err = walk_once(u);
	if (err && has_changed(u)) {
		if (u->stale)
			begin_again(u);
		err = walk_once(u);
	}
	u->stale = false;
	u->counts.walks++;
	u->out->cut = err != 0;
	u->counts.failed += err && (u->nowhere || !u->short_of);
	u->counts.cut += err && !u->nowhere && u->short_of;
	return !err && !u->nowhere;
}

void unwind(struct unwinder *u, const struct memprof_sample *s, struct unwound *out)
{
	struct walk *w = find(u, s);
	uint16_t needs = (1U << SAMPLE_BY) - 1;

	if (w) {
		memcpy(out->frames, w->frames, w->nframes * sizeof(*w->frames));
		out->n = w->nframes;
		out->cut = w->cut;
		out->number = w->number;
		u->counts.reused++;
		return;
	}
	u->sample = s;
	u->out = out;
	/* Of one that was cut, what ended it counts as well. */
	if (walk(u) && u->nwords <= WORDS_MAX)
		needs = reduce(u);
	w = place_for(u, s);
	keep(w, u, needs);
	if (u->shared)
		share(u, w);
	out->number = w->number;
}

struct unwind_counts unwinder_counts(const struct unwinder *u)
{
	return u->counts;
}
