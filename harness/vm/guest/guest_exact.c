/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts the instructions of each path, for each object; sends histograms. */
#include "lib/base.h"
#include "harness/vm/guest/guest_exact.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/vm/guest/guest_channel.h"
#include "harness/vm/guest/guest_choice.h"
#include "harness/vm/guest/guest_clock.h"
#include "harness/vm/guest/guest_figure.h"
#include "harness/vm/guest/guest_object.h"
#include "harness/vm/guest/guest_paths.h"
#include "harness/vm/guest/guest_static.h"
#include "harness/vm/guest/guest_worker.h"
#include "lib/strbuf.h"

struct value {
	uint64_t count, taken;
};

struct arm {
	const char *name;
	int object;		  /* its index in the plan, -1: none */
	struct guest_object *obj; /* attached; NULL for "none" and "nop" */
};

static int by_count(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int by_taken(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	if (x->taken != y->taken)
		return x->taken < y->taken ? 1 : -1;
	return x->count < y->count ? -1 : x->count > y->count;
}

/* Sorts @v; writes the different values, most taken first, and returns how many there are. */
static size_t histogram(uint64_t *v, size_t n, struct value *out)
{
	size_t different = 0;

	qsort(v, n, sizeof(*v), by_count);
	for (size_t i = 0; i < n; i++) {
		if (different && out[different - 1].count == v[i])
			out[different - 1].taken++;
		else
			out[different++] = (struct value){v[i], 1};
	}
	qsort(out, different, sizeof(*out), by_taken);
	return different;
}

static void send_error(const char *arm, int object, const char *path, const char *text, bool skip)
{
	struct strbuf line = STRBUF_INIT;
	char *words = strdup(text);

	/* libbpf's words end in a newline. */
	for (size_t len = words ? strlen(words) : 0; len && words[len - 1] == '\n'; len--)
		words[len - 1] = '\0';
	strbuf_addf(&line, "{\"arm\":\"%s\",\"object\":%d,", arm, object);
	if (path)
		strbuf_addf(&line, "\"path\":\"%s\",", path);
	strbuf_addf(&line, "\"skip\":%s,\"error\":", skip ? "true" : "false");
	guest_json_string(&line, words ? words : "");
	strbuf_addch(&line, '}');
	guest_send(VM_RECORD, line.s, line.len);
	strbuf_release(&line);
	free(words);
}

static void send_counts(const struct arm *arm, const struct guest_path *path, uint64_t *v, size_t n)
{
	struct value *values = calloc(n, sizeof(*values));
	struct strbuf line = STRBUF_INIT;
	uint64_t halves[2];
	size_t different;

	if (!values) {
		send_error(arm->name, arm->object, path->name, "out of memory", false);
		return;
	}
	/* The halves first: histogram() sorts. */
	for (int h = 0; h < 2; h++) {
		histogram(v + (size_t)h * (n / 2), n / 2, values);
		halves[h] = values[0].count;
	}
	different = histogram(v, n, values);
	strbuf_addf(
		&line,
		"{\"arm\":\"%s\",\"object\":%d,\"path\":\"%s\",\"same_as\":\"%s\",\"calls\":%zu,"
		"\"halves\":[%llu,%llu],\"values\":[",
		arm->name, arm->object, path->name, path->same_as, n, (unsigned long long)halves[0],
		(unsigned long long)halves[1]);
	for (size_t i = 0; i < different; i++)
		strbuf_addf(&line, "%s[%llu,%llu]", i ? "," : "",
			    (unsigned long long)values[i].count,
			    (unsigned long long)values[i].taken);
	strbuf_addstr(&line, "]}");
	guest_send(VM_RECORD, line.s, line.len);
	strbuf_release(&line);
	free(values);
}

/* Returns how many it counted, or -errno. */
static int run_path(struct guest_object *o, size_t index, const struct guest_path *p, uint64_t *v,
		    size_t n)
{
	bool full = p->needs & GUEST_NEEDS_FULL_HASH, waiting = p->needs & GUEST_TAKES_TASKS;
	int err;

	if (!o)
		return guest_worker_run(index, NULL, 0, waiting, v, n);
	err = guest_object_clear(o);
	if (!err && full)
		err = guest_object_fill(o);
	waiting &= guest_object_forgets(o, full) && (full || guest_choice_is_of_calls(o));
	return err ? err : guest_worker_run(index, o->rings, o->nrings, waiting, v, n);
}

/* Without an object only paths that need none. */
static bool offers(const struct guest_object *o, uint32_t needs)
{
	return (!(needs & GUEST_NEEDS_RING) || (o && o->nrings)) &&
	       (!(needs & GUEST_NEEDS_FULL_HASH) || (o && guest_object_room(o)));
}

/* A hash that fills up in the middle would be two paths in one figure. */
static bool has_room(const struct guest_object *o, const struct guest_path *p, size_t n)
{
	return !(p->needs & GUEST_NEEDS_ROOM) || !o || !guest_object_room(o) ||
	       guest_object_room(o) >= n + GUEST_WARM_UP_TASKS + GUEST_MORE_THREADS;
}

/*
 * No value stands out yet, and twice as many calls may tell two of them apart: on arm64 since Linux
 * 6.4 a mapping costs one of three sums, by where the kernel's object lies in a line of the cache.
 * In a full hash there are four times as many calls already.
 */
static bool asks_for_more(const struct guest_object *o, const struct guest_path *p,
			  const uint64_t *v, size_t counted, size_t calls)
{
	return 2 * p->percent <= GUEST_MAX_PERCENT && has_room(o, p, calls) &&
	       !guest_figure_stands(v, counted);
}

static void measure(const struct arm *arm, const struct guest_choice *chosen, uint64_t *v, size_t n)
{
	for (size_t i = 0; i < guest_path_count(); i++) {
		struct guest_path p;
		size_t calls;
		int counted;

		if (!guest_path_get(i, &p) || !guest_chosen(chosen, &p) ||
		    !offers(arm->obj, p.needs))
			continue;
		calls = n * p.percent / 100;
		if (!has_room(arm->obj, &p, calls)) {
			send_error(arm->name, arm->object, p.name,
				   "its smallest hash holds too few keys for a new thread at each "
				   "call; take fewer with -o calls=N",
				   true);
			continue;
		}
		counted = run_path(arm->obj, i, &p, v, calls);
		if (counted > 0 && asks_for_more(arm->obj, &p, v, (size_t)counted, 2 * calls))
			counted = run_path(arm->obj, i, &p, v, 2 * calls);
		if (counted < 0)
			send_error(arm->name, arm->object, p.name, strerror(-counted), false);
		else
			send_counts(arm, &p, v, (size_t)counted);
	}
}

/* Objects on the same hooks have the same empty programs: measured once. */
static int nop_done(const struct guest_object *o, int index)
{
	static struct {
		struct guest_hook hooks[GUEST_MAX_HOOKS];
		size_t n;
		int index;
	} done[8];
	static size_t ndone;

	for (size_t i = 0; i < ndone; i++)
		if (done[i].n == o->nhooks && !memcmp(done[i].hooks, o->hooks, sizeof(o->hooks)))
			return done[i].index;
	if (ndone < ARRAY_SIZE(done)) {
		memcpy(done[ndone].hooks, o->hooks, sizeof(o->hooks));
		done[ndone].n = o->nhooks;
		done[ndone++].index = index;
	}
	return -1;
}

static void measure_nop(const struct guest_object *o, int index, const struct guest_choice *chosen,
			uint64_t *v, size_t n)
{
	struct arm arm = {.name = "nop", .object = index};
	int fds[2 * GUEST_MAX_HOOKS], nfds, same = nop_done(o, index);

	if (same >= 0) {
		guest_sendf(VM_RECORD, "{\"arm\":\"nop\",\"object\":%d,\"same\":%d}", index, same);
		return;
	}
	nfds = guest_nop_attach(o, fds);
	if (nfds < 0) {
		send_error("nop", index, NULL, strerror(-nfds), false);
		return;
	}
	measure(&arm, chosen, v, n);
	while (nfds)
		close(fds[--nfds]);
}

static int measure_object(const char *path, int index, uint64_t *v, size_t n)
{
	struct strbuf why = STRBUF_INIT;
	struct guest_object o;
	struct arm arm = {.name = "object", .object = index, .obj = &o};
	struct guest_choice chosen;
	int err;

	guest_sendf(VM_STEP, "%d", index);
	err = guest_object_open(&o, path, &why);
	if (err)
		goto out;
	guest_static_send(o.obj, &o.logs, index);
	guest_choose(&chosen, &o);
	measure_nop(&o, index, &chosen, v, n);
	err = guest_object_attach(&o, &why);
	if (!err && !o.nlinks) {
		err = -EOPNOTSUPP;
		strbuf_addstr(&why, "no program of it says by its section where it goes");
	}
	if (!err) {
		if (o.perf_array)
			guest_sendf(VM_NOTE,
				    "%s writes to a perf event array, which nobody reads here: "
				    "its figures are those of a failed output",
				    path);
		measure(&arm, &chosen, v, n);
	}
	guest_object_close(&o);
out:
	if (err)
		send_error("object", index, NULL, why.s, false);
	strbuf_release(&why);
	return err;
}

int guest_exact(char *const argv[])
{
	struct guest_choice of_all;
	size_t n = 0;
	uint64_t *v;
	int failed = 0;

	if (argv[0] && !strncmp(argv[0], "calls=", 6))
		n = strtoul(*argv++ + 6, NULL, 10);
	for (; argv[0] && (!strncmp(argv[0], "only=", 5) || !strncmp(argv[0], "also=", 5));
	     argv++) {
		guest_choice_name(argv[0] + 5, argv[0][0] == 'o');
	}
	v = n >= GUEST_MIN_CALLS && n <= GUEST_MAX_CALLS
		    ? calloc(n * GUEST_MAX_PERCENT / 100, sizeof(*v))
		    : NULL;
	if (!v) {
		guest_sendf(VM_ERROR, "exact: the plan must begin with calls=N, N from %d to %d",
			    GUEST_MIN_CALLS, GUEST_MAX_CALLS);
		return 2;
	}
	guest_clock_settle();
	guest_sendf(VM_STEP, "%d", -1);
	guest_choose_all(&of_all, argv);
	measure(&(struct arm){.name = "none", .object = -1}, &of_all, v, n);
	for (int i = 0; argv[i]; i++)
		failed |= measure_object(argv[i], i, v, n) != 0;
	guest_sendf(VM_STEP, "%d", -1);
	measure(&(struct arm){.name = "none-again", .object = -1}, &of_all, v, n);
	free(v);
	return failed;
}

int guest_load(char *const argv[])
{
	int failed = 0;

	for (int i = 0; argv[i]; i++) {
		struct strbuf why = STRBUF_INIT;
		struct guest_object o;
		int err;

		err = guest_object_open(&o, argv[i], &why);
		if (!err) {
			err = guest_object_attach(&o, &why);
			if (!err)
				guest_sendf(VM_RECORD,
					    "{\"object\":%d,\"programs\":%zu,\"attached\":%zu}", i,
					    o.nprograms, o.nlinks);
			guest_object_close(&o);
		}
		if (err)
			send_error("load", i, NULL, why.s, false);
		strbuf_release(&why);
		failed |= err != 0;
	}
	return failed;
}
