/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stubs that stay attached, and what they jump to. */
#include "lib/base.h"
#include "harness/overhead/sharp_stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "monitor/collect.h"
#include "monitor/object.h"
#include "monitor/registry.h"

const char *const stub_event_names[STUB_EVENTS] = {"mmap", "munmap", "brk"};
const char *const stub_sections[STUB_EVENTS] = {
	"tracepoint/syscalls/sys_enter_mmap",
	"tracepoint/syscalls/sys_enter_munmap",
	"tracepoint/syscalls/sys_enter_brk",
};

struct stub {
	struct bpf_object *object;
	struct bpf_link *links[STUB_EVENTS];
	int map_fd[STUB_EVENTS], program_fd[STUB_EVENTS];
};

static int attach(struct stub *s, enum stub_event event)
{
	char name[32];
	struct bpf_program *p;
	int err;

	snprintf(name, sizeof(name), "stub_%s", stub_event_names[event]);
	p = bpf_object__find_program_by_name(s->object, name);
	snprintf(name, sizeof(name), "target_%s", stub_event_names[event]);
	s->map_fd[event] = bpf_object__find_map_fd_by_name(s->object, name);
	if (!p || s->map_fd[event] < 0) {
		log_err("the stub has no program or array for %s; build it again",
			stub_event_names[event]);
		return -ENOENT;
	}
	s->program_fd[event] = bpf_program__fd(p);
	s->links[event] = bpf_program__attach(p);
	if (s->links[event])
		return 0;
	err = -errno;
	log_err_sys(err, "the stub cannot be attached to %s", stub_sections[event]);
	return err;
}

int stub_open(struct stub **out, uint32_t events)
{
	char folder[4096], path[4200];
	struct stub *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	err = registry_folder(folder, sizeof(folder));
	if (err)
		goto out;
	snprintf(path, sizeof(path), "%s/probes/stub.bpf.o", folder);
	s->object = bpf_object__open_file(path, NULL);
	err = s->object ? bpf_object__load(s->object) : -errno;
	if (err) {
		log_err_sys(err, "%s cannot be loaded", path);
		goto out;
	}
	for (int e = 0; e < STUB_EVENTS && !err; e++)
		if (events & 1U << e)
			err = attach(s, (enum stub_event)e);
out:
	if (err)
		stub_close(s);
	else
		*out = s;
	return err;
}

int stub_map_fd(const struct stub *s, enum stub_event event)
{
	return s->map_fd[event];
}

int stub_program_fd(const struct monitor *m, enum stub_event event)
{
	struct object_program programs[32];
	size_t n = MIN(monitor_programs(m, programs, ARRAY_SIZE(programs)), ARRAY_SIZE(programs));
	int fd = monitor_program_fd(m, stub_sections[event]);

	if (fd < 0) {
		log_err("%s: has no program on %s, so that it cannot be compared there; leave the "
			"event out with -e",
			monitor_info(m)->name, stub_sections[event]);
		return -ENOENT;
	}
	for (size_t i = 0; i < n; i++) {
		if (programs[i].fd != fd || programs[i].type == BPF_PROG_TYPE_TRACEPOINT)
			continue;
		log_err("%s: its program on %s is not of type tracepoint: a stub cannot jump to it",
			monitor_info(m)->name, stub_sections[event]);
		return -EINVAL;
	}
	return fd;
}

int stub_point(int map_fd, int program_fd)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(map_fd, &zero, &program_fd, BPF_ANY) ? -errno : 0;
}

bool stub_is_counted(const struct stub *s, enum stub_event event)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return !bpf_obj_get_info_by_fd(s->program_fd[event], &info, &len) && info.run_cnt;
}

void stub_close(struct stub *s)
{
	if (!s)
		return;
	for (int e = 0; e < STUB_EVENTS; e++)
		bpf_link__destroy(s->links[e]);
	bpf_object__close(s->object);
	free(s);
}

int stub_spacer(unsigned int instructions)
{
	/* BPF_ALU64 | BPF_MOV | BPF_K: r0 = 0; BPF_JMP | BPF_EXIT
	 * (Documentation/bpf/standardization) */
	const struct bpf_insn move = {.code = BPF_ALU64 | BPF_MOV | BPF_K};
	const struct bpf_insn leave = {.code = BPF_JMP | BPF_EXIT};
	struct bpf_insn insns[1024];
	unsigned int n = MIN(MAX(instructions, 1U), (unsigned int)ARRAY_SIZE(insns) - 1);

	for (unsigned int i = 0; i < n; i++)
		insns[i] = move;
	insns[n] = leave;
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "beebench_space", "GPL", insns, n + 1,
			     NULL);
}
