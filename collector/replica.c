/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads an object again from what libbpf made of it the first time. */
#include "lib/base.h"
#include "collector/replica.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lib/why.h"
#include "collector/ring.h"

/* Instructions of two slots that carry a descriptor or an address (Documentation/bpf/
 * standardization/instruction-set.rst: 64-bit immediate instructions). */
#define LOAD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

struct source_map {
	int fd; /* the monitor's */
	struct bpf_map_info info;
	int btf_fd;    /* -1: the kernel has none for this map */
	char *content; /* of an internal map (.rodata, .data, .bss); NULL: starts empty. Owned */
	uint64_t ring_bytes; /* of an array of rings: of each; 0: it is none */
	bool mapped;	     /* these are mapped rings */
};

struct source_program {
	const struct bpf_program *program; /* the monitor's; NULL: not loaded (SEC("?..")), or an
					      iterator, which no event runs */
	struct bpf_insn *insns;		   /* owned */
	size_t ninsns;
	struct bpf_func_info *functions; /* where one is a callback; owned */
	size_t nfunctions;
	int btf_fd; /* of the functions' types; -1: there are none */
	uint32_t attach_btf_id;
	bool gpl;
};

struct replica_source {
	char *spec; /* owned */
	struct monitor *monitor;
	bool whole; /* cannot be copied: libbpf loads it each time */
	struct source_map maps[REPLICA_MAPS_MAX];
	size_t nmaps;
	struct source_program programs[REPLICA_PROGRAMS_MAX];
	size_t nprograms;
};

static const struct monitor_target everything = {.bare = true};

static bool can_copy_map(const struct source_map *m)
{
	switch (m->info.type) {
	case BPF_MAP_TYPE_ARRAY_OF_MAPS: return m->ring_bytes > 0;
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_STRUCT_OPS: return false;
	default: return true;
	}
}

/* What an internal map holds before the first event. */
static int read_content(struct source_map *m)
{
	uint32_t zero = 0;

	if (m->info.type != BPF_MAP_TYPE_ARRAY || !(m->info.map_flags & BPF_F_MMAPABLE))
		return 0;
	m->content = malloc(m->info.value_size);
	if (!m->content)
		return -ENOMEM;
	return bpf_map_lookup_elem(m->fd, &zero, m->content) ? -errno : 0;
}

static int read_map(struct replica_source *s, const struct bpf_map *map)
{
	const struct object_rings rings = monitor_rings(s->monitor);
	struct source_map *m = &s->maps[s->nmaps];
	uint32_t len = sizeof(m->info);

	m->fd = bpf_map__fd(map);
	m->btf_fd = -1;
	if (m->fd < 0) /* of a program that was not loaded */
		return 0;
	s->nmaps++;
	if (bpf_obj_get_info_by_fd(m->fd, &m->info, &len))
		return -errno;
	if (map == rings.array) {
		m->ring_bytes = rings.bytes;
		m->mapped = rings.mapped;
	}
	s->whole |= !can_copy_map(m);
	if (m->info.btf_id)
		m->btf_fd = bpf_btf_get_fd_by_id(m->info.btf_id);
	return read_content(m);
}

/* Functions of modules need descriptors that only libbpf knows. */
static bool can_copy_code(const struct bpf_insn *insns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (insns[i].code == LOAD_IMM64 && insns[i].src_reg > BPF_PSEUDO_FUNC)
			return false;
		if (insns[i].code == (BPF_JMP | BPF_CALL) &&
		    insns[i].src_reg == BPF_PSEUDO_KFUNC_CALL && insns[i].off)
			return false;
	}
	return true;
}

static bool has_callback(const struct source_program *p)
{
	for (size_t i = 0; i < p->ninsns; i++)
		if (p->insns[i].code == LOAD_IMM64 && p->insns[i].src_reg == BPF_PSEUDO_FUNC)
			return true;
	return false;
}

static bool is_function(const struct source_program *p, size_t at)
{
	for (size_t i = 0; i < p->ninsns; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		bool names = insn->code == LOAD_IMM64 ? insn->src_reg == BPF_PSEUDO_FUNC
						      : insn->code == (BPF_JMP | BPF_CALL) &&
								insn->src_reg == BPF_PSEUDO_CALL;

		if (names && (ssize_t)i + insn->imm + 1 == (ssize_t)at)
			return true;
	}
	return false;
}

/* A callback is told by its type. The kernel has the types of all functions, in their order, at
 * places in the program as it runs; here they are at those in the program as it was given. */
static int read_functions(struct source_program *p, int fd)
{
	struct bpf_prog_info info = {.func_info_rec_size = sizeof(*p->functions)};
	uint32_t len = sizeof(info);
	size_t n = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	p->nfunctions = info.nr_func_info;
	p->functions = calloc(p->nfunctions + 1, sizeof(*p->functions));
	if (!p->functions)
		return -ENOMEM;
	info = (struct bpf_prog_info){.nr_func_info = info.nr_func_info,
				      .func_info_rec_size = sizeof(*p->functions),
				      .func_info = (uint64_t)(uintptr_t)p->functions};
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	p->btf_fd = bpf_btf_get_fd_by_id(info.btf_id);
	for (size_t at = 0; at < p->ninsns && n <= p->nfunctions; at++)
		if (!at || is_function(p, at)) {
			if (n < p->nfunctions)
				p->functions[n].insn_off = (uint32_t)at;
			n++;
		}
	return p->btf_fd < 0 || n != p->nfunctions ? -ENOTSUP : 0;
}

static int read_program(struct replica_source *s, const struct bpf_program *program)
{
	struct source_program *p = &s->programs[s->nprograms++];
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int err;

	p->btf_fd = -1;
	if (bpf_program__fd(program) < 0 ||
	    bpf_program__expected_attach_type(program) == BPF_TRACE_ITER)
		return 0;
	p->program = program;
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len))
		return -errno;
	p->attach_btf_id = info.attach_btf_id;
	p->gpl = info.gpl_compatible;
	p->ninsns = bpf_program__insn_cnt(program);
	p->insns = calloc(p->ninsns, sizeof(*p->insns));
	if (!p->insns)
		return -ENOMEM;
	memcpy(p->insns, bpf_program__insns(program), p->ninsns * sizeof(*p->insns));
	err = has_callback(p) ? read_functions(p, bpf_program__fd(program)) : 0;
	s->whole |= err == -ENOTSUP || !can_copy_code(p->insns, p->ninsns);
	return err == -ENOTSUP ? 0 : err;
}

static int read_object(struct replica_source *s, struct bpf_object *object)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map (map, object) {
		if (s->nmaps == REPLICA_MAPS_MAX)
			return -E2BIG;
		err = err ? err : read_map(s, map);
	}
	bpf_object__for_each_program (program, object) {
		if (s->nprograms == REPLICA_PROGRAMS_MAX)
			return -E2BIG;
		err = err ? err : read_program(s, program);
	}
	return err;
}

int replica_source_open(struct replica_source **out, const char *spec, struct strbuf *why)
{
	struct replica_source *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->spec = strdup(spec);
	err = s->spec ? monitor_open(&s->monitor, spec, &everything, why) : -ENOMEM;
	if (!err && !monitor_bpf_object(s->monitor)) {
		why_err(why,
			"%s is no BPF object: what it runs in the kernel cannot be held against "
			"another's by a stub",
			spec);
		err = -ENOTSUP;
	} else if (!err) {
		err = read_object(s, monitor_bpf_object(s->monitor));
		if (err)
			why_err_sys(why, err,
				    "%s cannot be copied (at most %d maps and %d programs)", spec,
				    REPLICA_MAPS_MAX, REPLICA_PROGRAMS_MAX);
	}
	if (err)
		replica_source_close(s);
	else
		*out = s;
	return err;
}

const struct monitor *replica_source_monitor(const struct replica_source *s)
{
	return s->monitor;
}

void replica_source_close(struct replica_source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nmaps; i++) {
		free(s->maps[i].content);
		if (s->maps[i].btf_fd >= 0)
			close(s->maps[i].btf_fd);
	}
	for (size_t i = 0; i < s->nprograms; i++) {
		free(s->programs[i].insns);
		free(s->programs[i].functions);
		if (s->programs[i].btf_fd >= 0)
			close(s->programs[i].btf_fd);
	}
	monitor_close(s->monitor);
	free(s->spec);
	free(s);
}

void replica_init(struct replica *r)
{
	memset(r, 0, sizeof(*r));
	for (int i = 0; i < REPLICA_PROGRAMS_MAX; i++)
		r->program_fd[i] = -1;
	for (int i = 0; i < REPLICA_MAPS_MAX; i++)
		r->map_fd[i] = -1;
}

static int fill_map(int fd, const struct source_map *m)
{
	uint32_t zero = 0;

	if (!m->content)
		return 0;
	if (bpf_map_update_elem(fd, &zero, m->content, BPF_ANY))
		return -errno;
	return m->info.map_flags & BPF_F_RDONLY_PROG && bpf_map_freeze(fd) ? -errno : 0;
}

static int add_to(int **list, size_t *len, const int *fds, size_t n)
{
	int *more = reallocarray(*list, *len + n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		more[*len + i] = fds[i];
	*list = more;
	*len += n;
	return 0;
}

static int add_rings(struct replica *r, bool mapped, const int *fds, size_t n)
{
	return mapped ? add_to(&r->mapped_fd, &r->nmapped, fds, n)
		      : add_to(&r->ring_fd, &r->nrings, fds, n);
}

/* A ring for each slot of the array. */
static int fill_rings(struct replica *r, int array_fd, const struct source_map *m)
{
	size_t n = m->info.max_entries;
	int *fds = calloc(n, sizeof(*fds));
	int err = fds ? rings_make(array_fd, m->info.name, m->mapped, m->ring_bytes, fds, n)
		      : -ENOMEM;

	if (!err) {
		r->made_fd = fds;
		r->nmade = n;
		return add_rings(r, m->mapped, fds, n);
	}
	free(fds);
	return err;
}

static int load_map(struct replica *r, size_t i, const struct source_map *m)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = m->info.map_flags,
		    .map_extra = m->info.map_extra);
	int template = -1, err;

	if (m->btf_fd >= 0) {
		opts.btf_fd = (uint32_t)m->btf_fd;
		opts.btf_key_type_id = m->info.btf_key_type_id;
		opts.btf_value_type_id = m->info.btf_value_type_id;
	}
	if (m->ring_bytes) {
		template = rings_make_one(NULL, m->mapped, m->ring_bytes);
		opts.inner_map_fd = (uint32_t) template;
	}
	r->map_fd[i] = bpf_map_create(m->info.type, m->info.name, m->info.key_size,
				      m->info.value_size, m->info.max_entries, &opts);
	err = r->map_fd[i] < 0 ? -errno : 0;
	if (template >= 0)
		close(template);
	if (err)
		return err;
	if (m->info.type == BPF_MAP_TYPE_RINGBUF)
		return add_rings(r, false, &r->map_fd[i], 1);
	return m->ring_bytes ? fill_rings(r, r->map_fd[i], m) : fill_map(r->map_fd[i], m);
}

/* @insns refer to the source's maps: now to those of @r. */
static void point_to_maps(struct bpf_insn *insns, size_t n, const struct replica *r,
			  const struct replica_source *s)
{
	for (size_t i = 0; i < n; i++) {
		if (insns[i].code != LOAD_IMM64)
			continue;
		for (size_t k = 0; k < s->nmaps; k++)
			if ((insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
			     insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) &&
			    insns[i].imm == s->maps[k].fd) {
				insns[i].imm = r->map_fd[k];
				break;
			}
		i++;
	}
}

static int load_program(struct replica *r, size_t i, const struct replica_source *s)
{
	const struct source_program *p = &s->programs[i];
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = p->attach_btf_id,
		    .expected_attach_type = bpf_program__expected_attach_type(p->program),
		    .prog_flags = bpf_program__flags(p->program));
	struct bpf_insn *insns = malloc(p->ninsns * sizeof(*insns));
	int err;

	if (!insns)
		return -ENOMEM;
	if (p->functions) {
		opts.prog_btf_fd = (uint32_t)p->btf_fd;
		opts.func_info = p->functions;
		opts.func_info_cnt = (uint32_t)p->nfunctions;
		opts.func_info_rec_size = sizeof(*p->functions);
	}
	memcpy(insns, p->insns, p->ninsns * sizeof(*insns));
	point_to_maps(insns, p->ninsns, r, s);
	r->program_fd[i] =
		bpf_prog_load(bpf_program__type(p->program), bpf_program__name(p->program),
			      p->gpl ? "GPL" : "Proprietary", insns, p->ninsns, &opts);
	err = r->program_fd[i] < 0 ? -errno : 0;
	free(insns);
	return err;
}

static int load_copy(struct replica *r, const struct replica_source *s, uint32_t programs)
{
	int err = 0;

	for (size_t i = 0; i < s->nmaps && !err; i++)
		err = load_map(r, i, &s->maps[i]);
	for (size_t i = 0; i < s->nprograms && !err; i++)
		if (s->programs[i].program && programs & 1U << i)
			err = load_program(r, i, s);
	return err;
}

static int load_whole(struct replica *r, const struct replica_source *s, struct strbuf *why)
{
	struct object_program programs[REPLICA_PROGRAMS_MAX];
	struct object_rings rings;
	struct bpf_map *map;
	int err = monitor_open(&r->whole, s->spec, &everything, why);
	size_t n;

	if (err)
		return err;
	rings = monitor_rings(r->whole);
	n = monitor_programs(r->whole, programs, ARRAY_SIZE(programs));
	for (size_t i = 0; i < n; i++)
		r->program_fd[i] = programs[i].iterator ? -1 : programs[i].fd;
	err = add_rings(r, rings.mapped, rings.fds, rings.n);
	bpf_object__for_each_map (map, monitor_bpf_object(r->whole)) {
		int fd = bpf_map__fd(map);

		if (!err && bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
			err = add_rings(r, false, &fd, 1);
	}
	return err;
}

int replica_load(struct replica *r, const struct replica_source *s, uint32_t programs,
		 struct strbuf *why)
{
	int err;

	replica_init(r);
	if (s->whole)
		return load_whole(r, s, why);
	err = load_copy(r, s, programs);
	if (err)
		why_err_sys(why, err, "%s could be loaded once and not again", s->spec);
	return err;
}

void replica_release(struct replica *r)
{
	for (int i = 0; i < REPLICA_PROGRAMS_MAX && !r->whole; i++)
		if (r->program_fd[i] >= 0)
			close(r->program_fd[i]);
	for (int i = 0; i < REPLICA_MAPS_MAX && !r->whole; i++)
		if (r->map_fd[i] >= 0)
			close(r->map_fd[i]);
	for (size_t i = 0; i < r->nmade; i++)
		close(r->made_fd[i]);
	free(r->made_fd);
	free(r->ring_fd);
	free(r->mapped_fd);
	monitor_close(r->whole);
	replica_init(r);
}
