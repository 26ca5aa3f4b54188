/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Placement on CPUs, statistics switched on by somebody, foreign programs on our tracepoints. */
#include "lib/base.h"
#include "harness/timing/env.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/procfs.h"
#include "lib/strbuf.h"

/* "0,4" or "0-1": is @cpu in the list? */
static bool list_has(const char *list, int cpu)
{
	while (*list) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			break;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (cpu >= first && cpu <= last)
			return true;
		list = *end == ',' ? end + 1 : "";
	}
	return false;
}

static bool are_siblings(const char *sys_root, int a, int b)
{
	struct strbuf path = STRBUF_INIT, list = STRBUF_INIT;
	bool yes;

	strbuf_addf(&path, "%s/devices/system/cpu/cpu%d/topology/thread_siblings_list", sys_root,
		    a);
	yes = !strbuf_read_file(&list, path.s) && list_has(list.s, b);
	strbuf_release(&path);
	strbuf_release(&list);
	return yes;
}

void placement_choose(struct placement *p, const char *sys_root)
{
	cpu_set_t set;

	*p = (struct placement){.same_cpu = true};
	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((unsigned int)cpu, &set))
			p->producer_cpu = cpu;
	p->consumer_cpu = p->producer_cpu;
	for (int cpu = 0; cpu < p->producer_cpu; cpu++) {
		if (!CPU_ISSET((unsigned int)cpu, &set))
			continue;
		p->same_cpu = false;
		p->consumer_cpu = cpu;
		p->siblings = are_siblings(sys_root, p->producer_cpu, cpu);
		if (!p->siblings)
			break;
	}
	p->second_cpu = p->consumer_cpu;
	for (int cpu = 0; cpu < p->producer_cpu; cpu++)
		if (CPU_ISSET((unsigned int)cpu, &set) && cpu != p->consumer_cpu)
			p->second_cpu = cpu;
}

const char env_stats_text[] =
	"kernel.bpf_stats_enabled is on: it adds 50 to 60 ns to every run of a program and biases "
	"differences; turn it off with: sysctl kernel.bpf_stats_enabled=0";

int placement_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

void consumer_step_ahead(void)
{
	struct sched_param ahead = {.sched_priority = 1};

	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &ahead);
}

void consumer_step_back(void)
{
	struct sched_param none = {0};

	sched_setscheduler(0, SCHED_OTHER, &none);
}

bool env_stats_on(const char *proc_root)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	bool on;

	strbuf_addf(&path, "%s/sys/kernel/bpf_stats_enabled", proc_root);
	on = !strbuf_read_file(&text, path.s) && atoi(text.s);
	strbuf_release(&path);
	strbuf_release(&text);
	return on;
}

int env_refuse_stats(const char *proc_root)
{
	if (!env_stats_on(proc_root))
		return 0;
	log_err("%s", env_stats_text);
	return -EBUSY;
}

/* Programs on a classic tracepoint, whoever attached them and how: the kernel keeps them per
 * tracepoint, and any event of it may ask (PERF_EVENT_IOC_QUERY_BPF, Linux 4.16). */
static int tracepoint_programs(const char *tracefs, const char *name)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	struct perf_event_query_bpf *query;
	struct strbuf path = STRBUF_INIT, id = STRBUF_INIT;
	int fd, n;

	strbuf_addf(&path, "%s/events/%s/id", tracefs, name);
	n = strbuf_read_file(&id, path.s);
	if (n)
		goto out;
	attr.config = strtoull(id.s, NULL, 10);
	attr.disabled = 1;
	fd = (int)syscall(SYS_perf_event_open, &attr, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0) {
		n = -errno;
		goto out;
	}
	query = calloc(1, sizeof(*query) + 64 * sizeof(query->ids[0]));
	if (!query)
		abort();
	query->ids_len = 64;
	n = ioctl(fd, PERF_EVENT_IOC_QUERY_BPF, query) ? -errno : (int)query->prog_cnt;
	n = n == -ENOENT ? 0 : n;
	free(query);
	close(fd);
out:
	strbuf_release(&path);
	strbuf_release(&id);
	return n;
}

/* struct bpf_link_info of a link to a tracepoint's perf event, as the kernel fills it since 6.6
 * (include/uapi/linux/bpf.h); headers of Debian 12 do not have it yet. */
struct perf_link_info {
	uint32_t type, id, prog_id, pad;
	uint32_t event; /* PERF_LINK_TRACEPOINT; 0: an older kernel, which says nothing */
	uint32_t pad2;
	uint64_t name; /* in: where to put it */
	uint32_t name_len, pad3;
};

enum { PERF_LINK_UNKNOWN = 0, PERF_LINK_TRACEPOINT = 5, LINK_NAME = 64 };

/* BTF ids of the raw tracepoints sys_enter and sys_exit, which tp_btf links name; looked up once,
 * for it takes 20 ms. */
static const int *raw_btf_ids(void)
{
	static int ids[2];

	if (!ids[0]) {
		ids[0] = libbpf_find_vmlinux_btf_id("sys_enter", BPF_TRACE_RAW_TP);
		ids[1] = libbpf_find_vmlinux_btf_id("sys_exit", BPF_TRACE_RAW_TP);
	}
	return ids;
}

/* The raw tracepoint of syscalls that the link of @info is on, or NULL. */
static const char *raw_tracepoint(const struct bpf_link_info *info, const char *name)
{
	static const char *const names[] = {"sys_enter", "sys_exit"};

	for (int i = 0; i < 2; i++)
		if ((info->type == BPF_LINK_TYPE_RAW_TRACEPOINT && !strcmp(name, names[i])) ||
		    (info->type == BPF_LINK_TYPE_TRACING &&
		     info->tracing.attach_type == BPF_TRACE_RAW_TP &&
		     (int)info->tracing.target_btf_id == raw_btf_ids()[i]))
			return names[i];
	return NULL;
}

/* True when the link is on a tracepoint of syscalls; @raw: which, when it is on all of them. */
static bool on_syscalls(int link_fd, uint32_t *prog_id, const char **raw)
{
	struct perf_link_info perf = {0};
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);
	char name[LINK_NAME] = "";

	*raw = NULL;
	info.raw_tracepoint.tp_name = (uint64_t)(uintptr_t)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	/* A perf event has other fields where the name's place is: asked again below. */
	if (bpf_obj_get_info_by_fd(link_fd, &info, &len) && errno != EINVAL)
		return false;
	*prog_id = info.prog_id;
	*raw = raw_tracepoint(&info, name);
	if (*raw || (info.type && info.type != BPF_LINK_TYPE_PERF_EVENT))
		return *raw;
	perf.name = (uint64_t)(uintptr_t)name;
	perf.name_len = sizeof(name);
	len = sizeof(perf);
	if (bpf_obj_get_info_by_fd(link_fd, &perf, &len))
		return false;
	return perf.type == BPF_LINK_TYPE_PERF_EVENT &&
	       (perf.event == PERF_LINK_UNKNOWN ||
		(perf.event == PERF_LINK_TRACEPOINT && !strncmp(name, "sys_", 4)));
}

uint64_t env_syscall_links(void)
{
	uint64_t print = 0;
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		uint32_t prog_id;
		const char *raw;

		if (fd < 0)
			continue;
		if (on_syscalls(fd, &prog_id, &raw))
			print += (id + 1) * 0x9e3779b97f4a7c15ULL;
		close(fd);
	}
	return print;
}

/* raw_tp and tp_btf programs are seen through their links only. */
static int raw_links(struct strbuf *out)
{
	uint32_t id = 0, prog_id = 0;
	int n = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		const char *raw;

		if (fd < 0)
			continue;
		if (on_syscalls(fd, &prog_id, &raw) && raw) {
			strbuf_addf(out, "%sprogram %u on raw tracepoint %s", out->len ? "; " : "",
				    prog_id, raw);
			n++;
		}
		close(fd);
	}
	return n;
}

void env_add_tracepoints(struct names *out, int event)
{
	enum timed_does does = timed_event(event)->does;
	struct strbuf name = STRBUF_INIT;

	for (const char *const *call = timed_event(event)->calls; *call; call++) {
		if (does == TIMED_MALLOC)
			continue; /* there is none */
		strbuf_reset(&name);
		strbuf_addf(&name, "%s%s", does == TIMED_KMALLOC ? "kmem/" : "syscalls/sys_enter_",
			    *call);
		names_add(out, name.s);
	}
	names_add(out, "raw_syscalls/sys_enter");
	strbuf_release(&name);
}

int env_foreign_programs(const struct names *tracepoints, struct strbuf *out)
{
	char tracefs[256];
	int total, n;

	n = procfs_find_mount("/proc", "tracefs", tracefs, sizeof(tracefs));
	if (n)
		return n;
	total = raw_links(out);
	for (size_t i = 0; i < tracepoints->n; i++) {
		n = tracepoint_programs(tracefs, tracepoints->v[i]);
		if (n < 0)
			return n;
		if (n)
			strbuf_addf(out, "%s%d program%s on %s", out->len ? "; " : "", n,
				    n > 1 ? "s" : "", tracepoints->v[i]);
		total += n;
	}
	return total;
}
