/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Empty programs on the hooks of an object, so that attachment and the object's own code can be
 * told apart. */
#include "lib/base.h"
#include "harness/vm/guest/guest_object.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int load_nop(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id)
{
	/* r0 = 0; exit */
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	opts.expected_attach_type = attach;
	opts.attach_btf_id = (__u32)btf_id;
	return bpf_prog_load(type, "exact_nop", "GPL", insns, ARRAY_SIZE(insns), &opts);
}

static int tracepoint_id(const char *name)
{
	char path[256], text[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/id", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	return atoi(text);
}

/* As libbpf attaches a tracepoint: a perf event of all threads on CPU 0 that carries the program.
 */
static int attach_tracepoint(int prog, const char *name)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	int id = tracepoint_id(name), fd, err;

	if (id < 0)
		return id;
	attr.config = (uint64_t)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

enum nop_kind { NOP_TRACEPOINT, NOP_RAW, NOP_BTF };

static const struct {
	const char *prefix;
	enum nop_kind kind;
} kinds[] = {
	{"tracepoint/", NOP_TRACEPOINT},
	{"tp/", NOP_TRACEPOINT},
	{"raw_tracepoint/", NOP_RAW},
	{"raw_tp/", NOP_RAW},
	{"tp_btf/", NOP_BTF},
};

/* Returns the descriptor that keeps it attached and the program's in @prog, or -errno. */
static int attach_nop(const struct guest_hook *hook, int *prog)
{
	const char *section = hook->section, *name = NULL;
	size_t i;
	int fd, id;

	for (i = 0; i < ARRAY_SIZE(kinds) && !name; i++)
		if (!strncmp(section, kinds[i].prefix, strlen(kinds[i].prefix)))
			name = section + strlen(kinds[i].prefix);
	if (!name)
		return -EOPNOTSUPP;
	switch (kinds[i - 1].kind) {
	case NOP_TRACEPOINT:
		*prog = load_nop(BPF_PROG_TYPE_TRACEPOINT, 0, 0);
		fd = *prog < 0 ? *prog : attach_tracepoint(*prog, name);
		break;
	case NOP_RAW:
		*prog = load_nop(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
		fd = *prog < 0 ? *prog : bpf_raw_tracepoint_open(name, *prog);
		break;
	default:
		id = hook->btf_id ? (int)hook->btf_id
				  : libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP);
		if (id < 0)
			return id;
		*prog = load_nop(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, id);
		fd = *prog < 0 ? *prog : bpf_raw_tracepoint_open(NULL, *prog);
		break;
	}
	if (fd < 0 && *prog >= 0)
		close(*prog);
	return fd;
}

int guest_nop_attach(const struct guest_object *o, int fds[2 * GUEST_MAX_HOOKS])
{
	int n = 0;

	for (size_t i = 0; i < o->nhooks; i++) {
		int prog = -1, fd = attach_nop(&o->hooks[i], &prog);

		if (fd < 0) {
			while (n)
				close(fds[--n]);
			return fd;
		}
		fds[n++] = fd;
		fds[n++] = prog;
	}
	return n;
}
