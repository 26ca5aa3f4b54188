/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who makes the calls. As a rule a child of ours, forked once, since all that the monitors share
 * with it is the kernel. A monitor of allocations may be a library in the program, or be told which
 * process it is to watch: where one takes part, the calls are made by a program of its own, in a
 * cgroup of its own, executed anew for every arm and for what is measured between two arms. Where
 * the loader puts a program and its heap decides a few percent of a call, so with and without a
 * monitor it has to be decided as often.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include "harness/subject.h"

bool overhead_allocates(const struct overhead_arm *arm)
{
	return arm->spec && arm->info.words && workload_allocates(subject_workloads(&arm->info));
}

bool overhead_is_of_malloc(const struct overhead_arm *arm)
{
	return overhead_allocates(arm) && subject_workloads(&arm->info) == WORKLOAD_MALLOC;
}

bool overhead_is_allocation(const struct overhead_arm *arm, int event)
{
	return overhead_allocates(arm) &&
	       timed_event(event)->does ==
		       (overhead_is_of_malloc(arm) ? TIMED_MALLOC : TIMED_KMALLOC);
}

uint64_t overhead_allocated(const struct overhead_arm *arm)
{
	uint64_t n = 0;

	for (int e = 0; e < TIMED_OWN; e++)
		n += overhead_is_allocation(arm, e) ? arm->cell[e].calls : 0;
	return n;
}

bool overhead_is_absent(const struct overhead_arm *arm)
{
	bool seen = !overhead_allocated(arm);

	for (int e = 0; e < TIMED_OWN; e++)
		seen |= overhead_is_allocation(arm, e) && arm->cell[e].seen;
	return !seen;
}

void overhead_stop_calls(struct overhead *o)
{
	for (unsigned int i = 0; i < OVERHEAD_PRODUCERS; i++) {
		loop_stop(o->loops[i]);
		o->loops[i] = NULL;
	}
}

/* One that is ahead of all must leave the consumer a CPU. */
int overhead_start_calls(struct overhead *o, const char *const *starter)
{
	const int cpus[OVERHEAD_PRODUCERS] = {o->place.producer_cpu, o->place.second_cpu};
	const struct cgroup *cgroup = o->cgroup.path[0] ? &o->cgroup : NULL;
	bool realtime = o->params.realtime && !overhead_is_crowded(o);
	int err = 0;

	overhead_stop_calls(o);
	for (unsigned int i = 0; i < o->params.producers && !err; i++)
		err = o->anew ? loop_start_program(&o->loops[i], starter, cgroup, cpus[i], realtime)
			      : loop_start(&o->loops[i], cpus[i], realtime);
	if (!err)
		o->realtime = loop_realtime(o->loops[0]);
	return err;
}

/* Without the right to a cgroup there is none, and only a monitor that is told of it needs it. */
int overhead_calls_anew(struct overhead *o)
{
	int err;

	for (size_t i = 1; i < o->narms; i++)
		o->anew |= !o->arms[i].skip && overhead_allocates(&o->arms[i]);
	if (!o->anew)
		return 0;
	err = cgroup_may() ? 0 : cgroup_create(&o->cgroup, "overhead");
	return err ? err : overhead_start_calls(o, NULL);
}

void overhead_aim(const struct overhead *o, const struct overhead_arm *arm,
		  struct monitor_target *target)
{
	if (!overhead_allocates(arm))
		return;
	target->process = o->loops[0] ? loop_pid(o->loops[0]) : 0;
	if (!o->cgroup.path[0])
		return;
	target->cgroup_id = o->cgroup.id;
	target->cgroup_level = o->cgroup.level;
	target->cgroup_path = o->cgroup.path;
}
