/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads all arms for one load's rounds, and takes them away again. */
#include "lib/base.h"
#include "harness/exchange/exchange_arms.h"

#include <unistd.h>

#include <bpf/libbpf.h>

#include "lib/why.h"

enum { SPACER_MAX = 1000 };

static int count_record(void *arg, void *data UNUSED, size_t size UNUSED)
{
	(*(uint64_t *)arg)++;
	return 0;
}

static int watch_rings(struct exchange_arms *l, const struct replica *r, const char *name,
		       uint64_t *count, struct strbuf *why)
{
	for (size_t i = 0; i < r->nrings; i++) {
		int err = 0;

		if (l->rings)
			err = ring_buffer__add(l->rings, r->ring_fd[i], count_record, count);
		else
			l->rings = ring_buffer__new(r->ring_fd[i], count_record, count, NULL);
		if (err || !l->rings) {
			err = err ? err : -errno;
			why_err_sys(why, err, "the rings of %s cannot be watched", name);
			return err;
		}
	}
	return 0;
}

static int load_empty(struct exchange_arms *l, const struct exchange_arms_plan *plan,
		      int *program_fd)
{
	for (size_t i = 0; i < plan->nstubs; i++) {
		l->empty_fd[i] = program_fd[i] = stubs_load_empty(plan->stubs, i);
		if (l->empty_fd[i] < 0) {
			why_err_sys(plan->why, l->empty_fd[i], "an empty program cannot be loaded");
			return l->empty_fd[i];
		}
	}
	return 0;
}

static int load_arm(struct exchange_arms *l, const struct exchange_arms_plan *plan,
		    unsigned int arm, uint64_t *count, int *program_fd)
{
	const struct place *places = plan->arm[arm].places;
	struct replica *r = &l->replica[arm];
	uint32_t wanted = 0;
	int err;

	if (!plan->arm[arm].source)
		return load_empty(l, plan, program_fd);
	for (size_t i = 0; i < plan->nstubs; i++)
		wanted |= 1U << places[i].program;
	err = replica_load(r, plan->arm[arm].source, wanted, plan->why);
	if (err)
		return err;
	for (size_t i = 0; i < plan->nstubs; i++)
		program_fd[i] = r->program_fd[places[i].program];
	return watch_rings(l, r, plan->arm[arm].name, count, plan->why);
}

static void nothing_loaded(struct exchange_arms *l)
{
	l->rings = NULL;
	for (int a = 0; a < EXCHANGE_ARMS_MAX; a++) {
		replica_init(&l->replica[a]);
		l->spacer[a] = -1;
	}
	for (int i = 0; i < EXCHANGE_STUBS_MAX; i++)
		l->empty_fd[i] = -1;
}

int exchange_arms_load(struct exchange_arms *out, const struct exchange_arms_plan *plan,
		       struct rng *rng, uint64_t records[EXCHANGE_ARMS_MAX],
		       struct exchange_job *job)
{
	unsigned int order[EXCHANGE_ARMS_MAX];
	int err = 0;

	nothing_loaded(out);
	for (unsigned int a = 0; a < plan->arms; a++)
		order[a] = a;
	rng_shuffle(rng, order, plan->arms);
	for (unsigned int k = 0; k < plan->arms && !err; k++) {
		unsigned int arm = order[k];

		out->spacer[arm] = stub_spacer(1 + (unsigned int)rng_below(rng, SPACER_MAX));
		err = load_arm(out, plan, arm, &records[arm], job->program_fd[arm]);
	}
	return err;
}

void exchange_arms_unload(struct exchange_arms *l)
{
	ring_buffer__free(l->rings);
	for (int a = 0; a < EXCHANGE_ARMS_MAX; a++) {
		replica_release(&l->replica[a]);
		if (l->spacer[a] >= 0)
			close(l->spacer[a]);
	}
	for (int i = 0; i < EXCHANGE_STUBS_MAX; i++)
		if (l->empty_fd[i] >= 0)
			close(l->empty_fd[i]);
}
