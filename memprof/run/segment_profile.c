/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* segment.h: what a segment says, in a profile's words. */
#include "lib/base.h"
#include "memprof/run/segment.h"

#include <string.h>

static const struct {
	const char *name, *sentence;
} losses[SEGMENT_LOSSES] = {
	[LOSS_STACKS_FULL] =
		{"stacks_full",
		 "allocations counted without a stack of their own because the table "
		 "of stacks was full: totals are whole, figures of single stacks are not "
		 "(--stacks-max)"},
	[LOSS_UNTRACKED] = {"untracked",
			    "blocks that the live table had no room for: counted when allocated, "
			    "but not when freed (--live-max)"},
	[LOSS_UNKNOWN_FREES] =
		{"unknown_frees",
		 "frees of blocks that were not known: untracked, or allocated before "
		 "anything was counted"},
	[LOSS_INHERITED_FREES] =
		{"inherited_frees",
		 "frees of blocks that a process had from its parent: in no figure"},
	[LOSS_INHERITED_BYTES] = {"inherited_bytes", "bytes of those"},
	[LOSS_REENTRANT] = {"reentrant",
			    "calls from signal handlers that interrupted the library: not counted"},
	[LOSS_MODULES_FULL] = {"modules_full",
			       "frames without a module because the table of modules was full"},
	[LOSS_FALSE_HITS] = {"false_hits",
			     "frees that were looked up in vain: they cost time, nothing else"},
	[LOSS_TIMES_LOST] = {"times_lost", "blocks whose lifetime was to be measured and was not"},
	[LOSS_CHILDREN] =
		{"children_unseen",
		 "children of fork() that could not report, by a limit of descriptors or of the "
		 "size of files, a network namespace or a filter of system calls of their own: "
		 "what they allocated is in no figure"},
};

/* A module that was unloaded before, or loaded after, is not meant. */
static const struct segment_module *module_at(const struct segment *s, uint64_t pc, uint32_t epoch)
{
	for (uint32_t i = 0; i < s->h.nmodules; i++) {
		const struct segment_module *m = &s->modules[i];

		if (pc >= m->start && pc < m->end && m->from_epoch <= epoch &&
		    (!m->to_epoch || epoch < m->to_epoch))
			return m;
	}
	return NULL;
}

static uint32_t add_frame(const struct segment *s, const struct segment_stack *k, unsigned int i,
			  uint32_t process, uint32_t first_module, struct profile *p)
{
	uint64_t pc = s->pcs[k->pcs_at + i];
	bool interrupted = i < 64 && k->interrupted >> i & 1;
	const struct segment_module *m = module_at(s, pc - !interrupted, k->epoch);
	struct profile_frame frame = {
		.process = process,
		.module = m ? first_module + (uint32_t)(m - s->modules) : PROFILE_NONE,
		.flags = interrupted ? PROFILE_FRAME_EXACT : 0,
		.address = pc,
		.offset = m ? pc - m->bias : pc,
	};

	return profile_add_frame(p, &frame);
}

static uint64_t blocks(const struct segment *s, uint64_t v)
{
	return s->h.mode == SEGMENT_SAMPLED ? (v + SEGMENT_BLOCK / 2) / SEGMENT_BLOCK : v;
}

/* What is left of @a: a process that is read while it runs may be a call ahead in one of them. */
static uint64_t rest(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t positive(uint64_t v)
{
	return (int64_t)v > 0 ? v : 0;
}

static void values_of(const struct segment *s, uint32_t i, struct profile_values *v)
{
	const struct segment_row *r = &s->rows[i];

	*v = (struct profile_values){
		.allocs = blocks(s, r->allocs),
		.bytes = r->bytes,
		.frees = blocks(s, r->frees),
		.freed_bytes = r->freed_bytes,
		.peak_blocks = blocks(s, positive(r->peak_blocks)),
		.peak_bytes = positive(r->peak_bytes),
		.temporary = blocks(s, r->temporary),
	};
	v->live_blocks = rest(v->allocs, v->frees);
	v->live_bytes = rest(v->bytes, v->freed_bytes);
	if (s->h.mode == SEGMENT_COUNTS) {
		v->freed_bytes = s->usable_freed;
		v->live_bytes = rest(s->usable_bytes, s->usable_freed);
	}
	if (s->spreads) {
		const struct segment_spread *d = &s->spreads[i];

		v->allocs_var = MAX(d->allocs_var, 0.0);
		v->bytes_var = MAX(d->bytes_var, 0.0);
		v->live_blocks_var = MAX(d->allocs_var - d->freed_allocs_var, 0.0);
		v->live_bytes_var = MAX(d->bytes_var - d->freed_bytes_var, 0.0);
	}
}

static bool is_nothing(const struct segment_row *r)
{
	return !r->allocs && !r->frees;
}

static void add_stacks(const struct segment *s, uint32_t process, uint32_t first_module,
		       struct profile *p)
{
	uint64_t guessed = 0, cut = 0;

	for (uint32_t i = 0; i <= s->h.nstacks; i++) {
		const struct segment_stack *k = &s->stacks[i];
		uint32_t frames[SEGMENT_FRAMES_MAX];
		struct profile_stack stack = {.process = process, .frames = frames};

		if (is_nothing(&s->rows[i]))
			continue;
		values_of(s, i, &stack.values);
		if (!i) {
			stack.flags = PROFILE_STACK_OTHER;
		} else {
			stack.nframes = k->n;
			stack.thread = k->thread;
			for (unsigned int f = 0; f < k->n; f++)
				frames[f] = add_frame(s, k, f, process, first_module, p);
			if (k->flags & SEGMENT_STACK_CUT) {
				stack.flags |= PROFILE_STACK_CUT;
				cut += stack.values.allocs;
			}
			if (k->flags & SEGMENT_STACK_GUESSED)
				guessed += stack.values.allocs;
		}
		profile_add_stack(p, &stack);
	}
	profile_add_loss(
		p, "guesses", guessed,
		"allocations with a frame that only the frame pointer showed: code without "
		"unwind tables");
	profile_add_loss(p, "stacks_cut", cut,
			 "allocations whose stack was not followed to its outermost frame");
}

/* The words of a command line, which end in 0, with blanks between. */
static void join_words(char *words, uint32_t len)
{
	for (uint32_t i = 0; i + 1 < len; i++)
		if (!words[i])
			words[i] = ' ';
	words[len] = '\0';
}

static void copy_text(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	to[size] = '\0';
}

static uint32_t add_process(const struct segment *s, const struct profile_process *given,
			    struct profile *p)
{
	char comm[sizeof(s->h.comm) + 1], line[sizeof(s->h.command_line) + 1];
	char cgroup[sizeof(s->h.cgroup) + 1];
	struct profile_process process = *given;

	copy_text(comm, s->h.comm, sizeof(s->h.comm));
	copy_text(line, s->h.command_line, sizeof(s->h.command_line));
	copy_text(cgroup, s->h.cgroup, sizeof(s->h.cgroup));
	join_words(line, s->h.command_line_len);
	/* The one line of cgroup v2, or the first: "0::/path". */
	cgroup[strcspn(cgroup, "\n")] = '\0';
	process.comm = comm;
	process.command_line = line;
	process.cgroup = !strncmp(cgroup, "0::", 3) ? cgroup + 3 : cgroup;
	process.threads = s->nthreads;
	process.start_ns = s->h.start_ns;
	if (s->h.end_ns)
		process.end_ns = s->h.end_ns;
	return profile_add_process(p, &process);
}

void segment_to_profile(const struct segment *s, const struct profile_process *given,
			struct profile *p)
{
	uint32_t process = add_process(s, given, p), first = (uint32_t)p->nmodules;

	for (uint32_t i = 0; i < s->h.nmodules; i++) {
		const struct segment_module *m = &s->modules[i];
		struct profile_module module = {
			.process = process,
			.start = m->start,
			.end = m->end,
			.bias = m->bias,
			.build_id_len = m->build_id_len,
			.path = m->path,
		};

		memcpy(module.build_id, m->build_id, m->build_id_len);
		profile_add_module(p, &module);
	}
	add_stacks(s, process, first, p);
	for (uint32_t i = 0; i < s->nshards_used; i++)
		profile_add_thread(p, process, s->threads[i].tid, s->threads[i].comm);
	for (unsigned int i = 0; i < SEGMENT_BUCKETS; i++) {
		p->sizes[i].allocs += blocks(s, s->sizes[i].blocks);
		p->sizes[i].bytes += s->sizes[i].bytes;
		p->lifetimes[i] += s->lifetimes[i];
	}
	for (unsigned int i = 0; i < SEGMENT_LOSSES; i++)
		profile_add_loss(p, losses[i].name, s->h.losses[i], losses[i].sentence);
	if (s->h.mode != SEGMENT_COUNTS) {
		p->peak_known = true;
		p->temporary_known = true;
		p->lifetimes_known = true;
		p->peak_ns = MAX(p->peak_ns, s->h.peak_ns);
		/* What a thread has not told of: to the process, and to a row (segment.h). */
		p->peak_slack +=
			s->nthreads > 1 ? (uint64_t)s->nshards_used * 2 * SEGMENT_PEAK_WINDOW : 0;
	}
	p->frees_known = true;
}
