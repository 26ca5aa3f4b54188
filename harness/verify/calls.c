/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user-space half of bpf/probes/calls.bpf.c: records become calls, a stamp goes to its call. */
#include "lib/base.h"
#include "harness/verify/calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/probes/calls.h"
#include "collector/features.h"
#include "collector/stand_in.h"
#include "harness/probe.h"
#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/rights.h"
#include "lib/log.h"
#include "lib/preempt.h"
#include "lib/subproc.h"

_Static_assert((int)CALL_ARGS == (int)CALLS_ARGS && (int)CALL_TEXTS == (int)CALLS_TEXTS &&
		       (int)CALL_NUMBERS == (int)CALLS_NUMBERS,
	       "both halves record the same");

enum { MOST = 8 << 20 }; /* sides of calls that are kept: 1.5 GB */

/* Calls in the order of their records. */
struct list {
	struct call *call;
	size_t n, cap;
	uint64_t over; /* did not fit */
};

/* Of a thread: the latest side of a call, for the stamp that follows it. */
struct latest {
	uint32_t tid;
	size_t index; /* plus 1; 0: a free place */
};

enum { LINKS = 4 };

struct calls {
	struct bpf_object *object;
	struct bpf_link *link[LINKS];
	size_t nlinks;
	struct ring_buffer *ring;
	int cgroups_fd, counts_fd;
	struct list list[CALLS_SLOTS];
	struct latest *latest; /* hashed by tid; @nlatest places, a power of two, @used of them */
	size_t nlatest, used;
	struct arena texts;
	bool stamps;
	uint64_t bad; /* records of no known form */
};

void calls_want(struct calls_wanted *into, const struct calls_wanted *more)
{
	for (int i = 0; i < CALL_NUMBERS; i++) {
		into->enter[i] |= more->enter[i];
		into->exit[i] |= more->exit[i];
		into->text[i] |= more->text[i];
	}
	into->times |= more->times;
}

/* --- records to calls --- */

static struct latest *place_of(struct calls *c, uint32_t tid)
{
	size_t i = tid * 2654435761U & (c->nlatest - 1); /* Knuth's multiplicative hash */

	while (c->latest[i].index && c->latest[i].tid != tid)
		i = (i + 1) & (c->nlatest - 1);
	return &c->latest[i];
}

static void grow_latest(struct calls *c)
{
	struct latest *old = c->latest;
	size_t n = c->nlatest;

	c->nlatest = n ? n * 2 : 64;
	c->latest = calloc(c->nlatest, sizeof(*c->latest));
	if (!c->latest)
		abort(); /* as lib/strbuf.h */
	for (size_t i = 0; i < n; i++)
		if (old[i].index)
			*place_of(c, old[i].tid) = old[i];
	free(old);
}

static void note_latest(struct calls *c, uint32_t tid, size_t index)
{
	struct latest *l;

	if (c->used * 2 >= c->nlatest)
		grow_latest(c);
	l = place_of(c, tid);
	c->used += !l->index;
	*l = (struct latest){tid, index + 1};
}

static struct call *add_call(struct list *l)
{
	if (l->n == MOST) {
		l->over++;
		return NULL;
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 4096;
		l->call = reallocarray(l->call, l->cap, sizeof(*l->call));
		if (!l->call)
			abort();
	}
	return memset(&l->call[l->n++], 0, sizeof(*l->call));
}

static void take_texts(struct calls *c, struct call *call, const struct calls_record *r,
		       size_t bytes)
{
	const char *text = (const char *)(r + 1);

	for (int i = 0; i < CALL_TEXTS; i++) {
		size_t n = r->text_bytes[i];

		if (!n || n > bytes)
			continue;
		call->text[i] = arena_strndup(&c->texts, text, strnlen(text, n));
		call->text_arg[i] = r->text_arg[i];
		text += n;
		bytes -= n;
	}
}

static void take_record(struct calls *c, const struct calls_record *r, size_t bytes)
{
	struct list *l = &c->list[r->head.slot];
	struct call *call = add_call(l);

	if (!call)
		return;
	*call = (struct call){
		.ns = r->head.ns,
		.late_ns = c->stamps ? 0 : r->head.ns,
		.number = r->number,
		.ret = r->ret,
		.cgroup = r->cgroup,
		.tgid = r->tgid,
		.tid = r->head.tid,
		.uid = r->uid,
		.gid = r->gid,
		.cpu = r->cpu,
		.exit = r->head.side == CALLS_EXIT,
		.compat = r->head.compat,
	};
	memcpy(call->args, r->args, sizeof(call->args));
	memcpy(call->comm, r->comm, sizeof(call->comm));
	take_texts(c, call, r, bytes - sizeof(*r));
	if (c->stamps)
		note_latest(c, r->head.tid, l->n - 1);
}

static void take_stamp(struct calls *c, const struct calls_stamp *s)
{
	struct latest *l = c->nlatest ? place_of(c, s->tid) : NULL;
	struct list *list = &c->list[s->slot];
	struct call *call = l && l->index && l->index <= list->n ? &list->call[l->index - 1] : NULL;

	if (call && call->tid == s->tid && call->exit == (s->side == CALLS_EXIT_STAMP))
		call->late_ns = s->ns;
}

static int take(void *arg, void *data, size_t bytes)
{
	const struct calls_stamp *head = data;
	struct calls *c = arg;

	if (bytes < sizeof(*head) || head->slot >= CALLS_SLOTS)
		c->bad++;
	else if (head->side >= CALLS_ENTER_STAMP)
		take_stamp(c, head);
	else if (bytes >= sizeof(struct calls_record))
		take_record(c, data, bytes);
	else
		c->bad++;
	return 0;
}

/*
 * A stamp that the kernel skipped (Linux 7) leaves its call without a late time: whoever ran for it
 * had done so when the same thread made its next call, at the latest now.
 */
static void bound_unstamped(struct calls *c, struct list *l)
{
	uint64_t now = clock_ns();

	memset(c->latest, 0, c->nlatest * sizeof(*c->latest));
	c->used = 0;
	for (size_t i = l->n; i--;) {
		struct call *call = &l->call[i];
		struct latest *next = c->nlatest ? place_of(c, call->tid) : NULL;

		if (!call->late_ns)
			call->late_ns = next && next->index ? l->call[next->index - 1].ns : now;
		note_latest(c, call->tid, i);
	}
}

/* --- the object --- */

static int configure(struct calls *c, const struct cgroup *cg, const struct calls_wanted *w)
{
	struct calls_config config = {.level = cg->level, .stamps = w->times};

	for (int i = 0; i < CALL_NUMBERS; i++) {
		config.want[i] = (uint8_t)((w->enter[i] ? CALLS_WANT_ENTER : 0) |
					   (w->exit[i] ? CALLS_WANT_EXIT : 0));
		config.text[i] = w->text[i];
	}
	config.text[SYS_openat] |= 1 << 1; /* the canary's */
	return probe_configure(c->object, &config, sizeof(config));
}

static int watch(struct calls *c, uint32_t slot, uint64_t id)
{
	int err = bpf_map_update_elem(c->cgroups_fd, &slot, &id, BPF_ANY) ? -errno : 0;

	if (err)
		log_err_sys(err, "cannot tell the record of calls its cgroup");
	return err;
}

static int load(struct calls *c)
{
	struct bpf_map *ring;
	int err = bpf_object__load(c->object);

	if (err) {
		log_err_sys(err, "cannot load the record of calls: it needs CAP_BPF, CAP_PERFMON "
				 "and a kernel with BTF");
		return err;
	}
	ring = bpf_object__find_map_by_name(c->object, "calls_ring");
	c->cgroups_fd = bpf_object__find_map_fd_by_name(c->object, "calls_cgroups");
	c->counts_fd = bpf_object__find_map_fd_by_name(c->object, "calls_counts");
	if (!ring || c->cgroups_fd < 0 || c->counts_fd < 0) {
		log_err("the object of the record of calls lacks a map: run 'make'");
		return -EINVAL;
	}
	c->ring = ring_buffer__new(bpf_map__fd(ring), take, c, NULL);
	if (c->ring)
		return 0;
	err = -errno;
	log_err_sys(err, "the ring of the record of calls cannot be read");
	return err;
}

int calls_open(struct calls **out, const struct cgroup *cg, const struct calls_wanted *wanted)
{
	struct calls *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	*out = NULL;
	if (!c)
		return err;
	c->stamps = wanted->times;
	/* libbpf looks the stand-ins' tracepoints up there. */
	err = preempt_tracepoints() ? tracefs_ensure(NULL) : 0;
	if (!err)
		err = probe_open(&c->object, "calls", NULL);
	if (!err)
		err = configure(c, cg, wanted);
	if (!err)
		err = load(c);
	if (!err)
		err = watch(c, CALLS_TARGET, cg->id);
	if (err)
		calls_close(c);
	else
		*out = c;
	return err;
}

static int attach(struct calls *c, const char *name, struct bpf_program *prog)
{
	struct bpf_link *link = prog ? RIGHTS_RAISED(bpf_program__attach(prog)) : NULL;
	int err = prog ? -errno : -ENOENT;

	if (link) {
		c->link[c->nlinks++] = link;
		return 0;
	}
	log_err_sys(err, "cannot attach the program %s of the record of calls", name);
	return err;
}

static int attach_record(struct calls *c, const char *name)
{
	return attach(c, name, stand_in_program(c->object, name));
}

static int attach_stamp(struct calls *c, const char *name)
{
	return attach(c, name, bpf_object__find_program_by_name(c->object, name));
}

int calls_attach(struct calls *c)
{
	int err = attach_record(c, "calls_exit");

	return err ? err : attach_record(c, "calls_enter");
}

int calls_attach_stamps(struct calls *c)
{
	int err = c->stamps ? attach_stamp(c, "calls_exit_stamp") : 0;

	return err || !c->stamps ? err : attach_stamp(c, "calls_enter_stamp");
}

int calls_poll(struct calls *c)
{
	return ring_buffer__consume(c->ring);
}

static int read_counts(struct calls *c, uint32_t slot, struct calls_counts *sum)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct calls_counts *each;

	*sum = (struct calls_counts){0};
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(c->counts_fd, &slot, each)) {
		err = -errno;
		log_err_sys(err, "cannot read what the record of calls counted");
	}
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		sum->attempts += each[cpu].attempts;
		sum->lost += each[cpu].lost;
		sum->stamps_lost += each[cpu].stamps_lost;
		sum->below += each[cpu].below;
	}
	free(each);
	return err;
}

/* Runs of the record that the kernel skipped; of a stamp it is no loss (bound_unstamped()). */
static uint64_t skipped(const struct calls *c)
{
	struct bpf_program *prog;
	uint64_t misses = 0;

	bpf_object__for_each_program (prog, c->object) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (bpf_program__fd(prog) >= 0 && !strstr(bpf_program__name(prog), "_stamp") &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			misses += info.recursion_misses;
	}
	return misses;
}

static void detach(struct calls *c)
{
	while (c->nlinks)
		bpf_link__destroy(c->link[--c->nlinks]);
}

int calls_finish(struct calls *c, struct calls_verdict *out)
{
	struct list *l = &c->list[CALLS_TARGET];
	struct calls_counts counts;
	int err;

	*out = (struct calls_verdict){.skipped = skipped(c)};
	detach(c);
	err = MIN(calls_poll(c), 0);
	if (!err)
		err = read_counts(c, CALLS_TARGET, &counts);
	if (err)
		return err;
	if (c->stamps)
		bound_unstamped(c, l);
	out->recorded = l->n;
	out->lost = counts.lost + counts.stamps_lost + l->over;
	out->below = counts.below;
	out->whole = !c->bad && counts.attempts == l->n + l->over + counts.lost;
	return 0;
}

const struct call *calls_list(const struct calls *c, size_t *n)
{
	*n = c->list[CALLS_TARGET].n;
	return c->list[CALLS_TARGET].call;
}

void calls_close(struct calls *c)
{
	if (!c)
		return;
	detach(c);
	ring_buffer__free(c->ring);
	bpf_object__close(c->object);
	for (int i = 0; i < CALLS_SLOTS; i++)
		free(c->list[i].call);
	free(c->latest);
	arena_release(&c->texts);
	free(c);
}

/* --- the canary --------------------------------------------------------------------------------
 */

enum { CANARY_CALLS = 17, CANARY_OPENS = 5 };

#define CANARY_PATH "/beebench-canary/none"

static int canary_child(void *arg)
{
	/* On the stack, whose page is there: a program of BPF cannot wait for another. */
	char path[] = CANARY_PATH;

	if (cgroup_enter(arg, 0))
		return 1;
	for (long i = 0; i < CANARY_CALLS; i++)
		syscall(SYS_getpgid, -1 - i); /* ESRCH: each with an argument of its own */
	for (int i = 0; i < CANARY_OPENS; i++)
		syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	return 0;
}

/* The side of one of the canary's calls is as it was made. */
static bool is_true(const struct call *c, uint64_t nth)
{
	if (c->late_ns < c->ns)
		return false;
	if (c->number == SYS_getpgid)
		return (int32_t)c->args[0] == -1 - (int32_t)nth && (!c->exit || c->ret == -ESRCH);
	return (int32_t)c->args[0] == AT_FDCWD && (!c->exit || c->ret == -ENOENT) && c->text[0] &&
	       c->text_arg[0] == 1 && !strcmp(c->text[0], CANARY_PATH);
}

static bool canary_is_exact(const struct list *l)
{
	uint64_t seen[2][2] = {{0}};

	for (size_t i = 0; i < l->n; i++) {
		const struct call *c = &l->call[i];
		bool open = c->number == SYS_openat;

		if (!open && c->number != SYS_getpgid)
			continue;
		if (!is_true(c, seen[open][c->exit]++))
			return false;
	}
	return seen[0][0] == CANARY_CALLS && seen[0][1] == CANARY_CALLS &&
	       seen[1][0] == CANARY_OPENS && seen[1][1] == CANARY_OPENS;
}

static int make_canary_calls(struct calls *c, struct cgroup *cg)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc child = SUBPROC_INIT;
	int err = watch(c, CALLS_CANARY, cg->id);

	opts.child = canary_child;
	opts.arg = cg;
	if (!err)
		err = subproc_start(&child, &opts);
	if (!err)
		err = subproc_wait(&child, 5000);
	if (!err && child.status) {
		log_err("the canary of the record could not make its calls (status 0x%x)",
			(unsigned int)child.status);
		err = -ECHILD;
	}
	subproc_release(&child);
	return err ? err : watch(c, CALLS_CANARY, 0);
}

int calls_run_canary(struct calls *c, bool *exact)
{
	struct cgroup cg = {0};
	int err = cgroup_create(&cg, "canary");

	*exact = false;
	if (!err)
		err = make_canary_calls(c, &cg);
	cgroup_remove(&cg);
	if (!err)
		err = MIN(calls_poll(c), 0);
	if (!err && c->stamps)
		bound_unstamped(c, &c->list[CALLS_CANARY]);
	if (!err)
		*exact = canary_is_exact(&c->list[CALLS_CANARY]);
	return err;
}
