/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The user-space half of bpf/probes/switches.bpf.c. */
#include "lib/base.h"
#include "harness/verify/switches.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/probes/switches.h"
#include "harness/probe.h"
#include "lib/rights.h"
#include "lib/log.h"

struct switches {
	struct bpf_object *object;
	struct bpf_link *link;
	int threads_fd; /* of @object */
};

static int load(struct switches *s, uint64_t cgroup_id)
{
	int err = probe_open(&s->object, "switches", NULL);

	if (!err)
		err = probe_configure(s->object, &cgroup_id, sizeof(cgroup_id));
	if (err)
		return err;
	err = bpf_object__load(s->object);
	if (!err)
		s->threads_fd = bpf_object__find_map_fd_by_name(s->object, "switches_threads");
	if (!err && s->threads_fd < 0)
		err = s->threads_fd;
	if (err)
		log_err_sys(err, "cannot load what watches for switches that are not told");
	return err;
}

/* The first figure of schedstat is the thread's CPU time, ns
 * (Documentation/scheduler/sched-stats.rst). */
static int read_ran(pid_t pid, const char *tid, uint64_t *ns)
{
	char path[300];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, tid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fscanf(f, "%" SCNu64, ns);
	fclose(f);
	return n == 1 ? 0 : -EPROTO;
}

/* What the threads have run already is no unseen run. */
static int enter_threads(struct switches *s, pid_t pid)
{
	struct dirent *e;
	char path[64];
	int err = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (!d)
		return -errno;
	while (!err && (e = readdir(d))) {
		struct switches_thread t = {0};
		uint32_t tid = (uint32_t)strtoul(e->d_name, NULL, 10);
		uint64_t ran_ns = 0;

		if (!tid)
			continue;
		err = read_ran(pid, e->d_name, &ran_ns);
		/* A kernel without it, or the thread has ended: what ran before counts as unseen,
		 * so that too much is allowed for, not too little. */
		err = err == -ENOENT ? 0 : err;
		t.ran_ns = t.before_ns = ran_ns;
		if (!err && bpf_map_update_elem(s->threads_fd, &tid, &t, BPF_ANY))
			err = -errno;
	}
	closedir(d);
	return err;
}

static int attach(struct switches *s)
{
	struct bpf_program *p = bpf_object__find_program_by_name(s->object, "switches_count");

	if (!p)
		return -ENOENT;
	s->link = RIGHTS_RAISED(bpf_program__attach(p));
	return s->link ? 0 : -errno;
}

int switches_open(struct switches **out, uint64_t cgroup_id, pid_t pid)
{
	struct switches *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	err = load(s, cgroup_id);
	if (err)
		goto out;
	err = enter_threads(s, pid);
	if (!err)
		err = attach(s);
	if (err)
		log_err_sys(err, "cannot watch for switches that the kernel does not tell of");
out:
	if (err)
		switches_close(s);
	else
		*out = s;
	return err;
}

struct switches_unseen switches_read(const struct switches *s, uint32_t tid)
{
	struct switches_thread t = {0};

	if (bpf_map_lookup_elem(s->threads_fd, &tid, &t))
		return (struct switches_unseen){0};
	return (struct switches_unseen){.ns = t.unseen_ns,
					.runs = t.unseen,
					.told_ns = t.ran_ns - t.before_ns - t.unseen_ns};
}

void switches_close(struct switches *s)
{
	if (!s)
		return;
	bpf_link__destroy(s->link);
	bpf_object__close(s->object);
	free(s);
}
