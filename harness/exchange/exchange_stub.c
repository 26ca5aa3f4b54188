/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stubs that stay attached, and what they jump to. */
#include "lib/base.h"
#include "harness/exchange/exchange_stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness/probe.h"
#include "lib/rights.h"
#include "lib/why.h"
#include "collector/features.h"

/* BPF_ALU64 | BPF_MOV | BPF_K: r0 = 0; BPF_JMP | BPF_EXIT (Documentation/bpf/standardization) */
static const struct bpf_insn move = {.code = BPF_ALU64 | BPF_MOV | BPF_K};
static const struct bpf_insn leave = {.code = BPF_JMP | BPF_EXIT};

struct stubs {
	struct bpf_object *object;
	size_t n;
	struct {
		struct bpf_program *program;
		struct bpf_link *link;
		int map_fd;
		uint32_t attach_btf_id; /* of tp_btf */
	} stub[EXCHANGE_STUBS_MAX];
};

/* Gives the program the type of the place before it is loaded. */
static int prepare(struct stubs *s, size_t i, const struct place *place)
{
	struct bpf_program *p;
	char name[32];
	int err = 0;

	snprintf(name, sizeof(name), "stub%zu", i);
	p = s->stub[i].program = bpf_object__find_program_by_name(s->object, name);
	if (!p)
		return -ENOENT;
	bpf_program__set_autoload(p, true);
	if (place->type == BPF_PROG_TYPE_TRACEPOINT)
		return 0;
	err = bpf_program__set_type(p, (enum bpf_prog_type)place->type);
	if (!err && place->type == BPF_PROG_TYPE_TRACING) {
		bpf_program__set_expected_attach_type(p, BPF_TRACE_RAW_TP);
		err = bpf_program__set_attach_target(p, 0, place->name);
	}
	return err;
}

static int attach(struct stubs *s, size_t i, const struct place *place)
{
	struct bpf_program *p = s->stub[i].program;
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	char name[32];

	snprintf(name, sizeof(name), "target%zu", i);
	s->stub[i].map_fd = bpf_object__find_map_fd_by_name(s->object, name); /* empty: none */
	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
		return -errno;
	s->stub[i].attach_btf_id = info.attach_btf_id;
	if (place->type == BPF_PROG_TYPE_TRACEPOINT)
		s->stub[i].link = RIGHTS_RAISED(
			bpf_program__attach_tracepoint(p, place->category, place->name));
	else if (place->type == BPF_PROG_TYPE_RAW_TRACEPOINT)
		s->stub[i].link = bpf_program__attach_raw_tracepoint(p, place->name);
	else
		s->stub[i].link = bpf_program__attach_trace(p);
	return s->stub[i].link ? 0 : -errno;
}

static int open_probe(struct stubs **out, const char *probe, const struct place *places, size_t n,
		      struct strbuf *why)
{
	struct stubs *s = calloc(1, sizeof(*s));
	int err = s ? tracefs_ensure(why) : -ENOMEM;

	if (!err)
		err = probe_open(&s->object, probe, why);
	if (err)
		goto out;
	s->n = n;
	for (size_t i = 0; i < n && !err; i++)
		err = prepare(s, i, &places[i]);
	if (!err)
		err = bpf_object__load(s->object);
	if (err)
		why_err_sys(why, err, "the stubs that jump to the programs cannot be loaded");
	for (size_t i = 0; i < n && !err; i++) {
		err = attach(s, i, &places[i]);
		if (err)
			why_err_sys(why, err, "a stub cannot be attached to %s", places[i].text);
	}
out:
	if (err)
		stubs_close(s);
	else
		*out = s;
	return err;
}

int stubs_open(struct stubs **out, const struct place *places, size_t n, struct strbuf *why)
{
	return open_probe(out, "stub", places, n, why);
}

int stubs_open_empty(struct stubs **out, const struct place *places, size_t n, struct strbuf *why)
{
	return open_probe(out, "empty", places, n, why);
}

int stubs_map_fd(const struct stubs *s, size_t stub)
{
	return s->stub[stub].map_fd;
}

int stub_point(int map_fd, int program_fd)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(map_fd, &zero, &program_fd, BPF_ANY) ? -errno : 0;
}

int stubs_load_empty(const struct stubs *s, size_t stub)
{
	const struct bpf_program *p = s->stub[stub].program;
	const struct bpf_insn insns[] = {move, leave};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = s->stub[stub].attach_btf_id,
		    .expected_attach_type = bpf_program__expected_attach_type(p));
	int fd = bpf_prog_load(bpf_program__type(p), "beebench_empty", "GPL", insns,
			       ARRAY_SIZE(insns), &opts);

	return fd < 0 ? -errno : fd;
}

bool stubs_are_counted(const struct stubs *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(s->stub[i].program), &info, &len) &&
		    info.run_cnt)
			return true;
	}
	return false;
}

uint64_t stubs_skipped(const struct stubs *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(s->stub[i].program), &info, &len))
			n += info.recursion_misses;
	}
	return n;
}

void stubs_close(struct stubs *s)
{
	if (!s)
		return;
	for (int i = 0; i < EXCHANGE_STUBS_MAX; i++)
		bpf_link__destroy(s->stub[i].link);
	bpf_object__close(s->object);
	free(s);
}

int stub_spacer(unsigned int instructions)
{
	struct bpf_insn insns[1024];
	unsigned int n = MIN(MAX(instructions, 1U), (unsigned int)ARRAY_SIZE(insns) - 1);

	for (unsigned int i = 0; i < n; i++)
		insns[i] = move;
	insns[n] = leave;
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "beebench_space", "GPL", insns, n + 1,
			     NULL);
}
