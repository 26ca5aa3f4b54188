/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads and attaches the ring load, and finds its variables by BTF. */
#include "lib/base.h"
#include "harness/ring/ring_rig.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/probe.h"
#include "lib/rights.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/features.h"
#include "collector/stand_in.h"

/* What libbpf says while it loads; shown only when it fails. */
static struct strbuf libbpf_said = STRBUF_INIT;

static int keep_warnings(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char line[512];

	if (level > LIBBPF_WARN || libbpf_said.len > 4096)
		return 0;
	vsnprintf(line, sizeof(line), fmt, args);
	strbuf_addstr(&libbpf_said, line);
	return 0;
}

/* Where variable @name is in its section's map. Returns its offset, or -ENOENT. */
static int variable_offset(const struct btf *btf, const char *section, const char *name,
			   size_t size)
{
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
	const struct btf_var_secinfo *v = t ? btf_var_secinfos(t) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(btf, v[i].type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), name) && v[i].size == size)
			return (int)v[i].offset;
	}
	log_err("the ring load has no variable %s of %zu bytes in %s: it was built from other "
		"sources than this program; run 'make'",
		name, size, section);
	return -ENOENT;
}

static struct bpf_map *section_map(struct bpf_object *o, const char *section)
{
	struct bpf_map *m;

	bpf_object__for_each_map (m, o) {
		size_t n = strlen(bpf_map__name(m)), s = strlen(section);

		if (bpf_map__is_internal(m) && n >= s && !strcmp(bpf_map__name(m) + n - s, section))
			return m;
	}
	return NULL;
}

static int configure(struct ring_rig *rig)
{
	const struct ringload_config config = {
		.record_bytes = rig->c.record_bytes,
		.batch = ring_rig_batch(rig),
		.wakeup = rig->c.wakeup,
		.pending_bytes = rig->sizes.pending_bytes,
		.per_cpu = rig->c.per_cpu,
		.fault = rig->sizes.fault,
		.call = SYS_getpgid,
	};
	int at = variable_offset(bpf_object__btf(rig->object), ".rodata", "ringload_config",
				 sizeof(config));
	struct bpf_map *rodata = section_map(rig->object, ".rodata");
	struct bpf_map *one = bpf_object__find_map_by_name(rig->object, "ringload_ring");
	struct bpf_map *many = bpf_object__find_map_by_name(rig->object, "ringload_rings");
	size_t size = 0;
	const char *values = rodata ? bpf_map__initial_value(rodata, &size) : NULL;
	char *data;
	struct bpf_program *p, *event = stand_in_program(rig->object, "ringload_event");

	if (at < 0 || !values || (size_t)at + sizeof(config) > size || !one || !many)
		return at < 0 ? at : -ENOENT;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, values, size);
	memcpy(data + at, &config, sizeof(config));
	bpf_map__set_initial_value(rodata, data, size);
	free(data);
	bpf_map__set_max_entries(one, rig->c.per_cpu ? (uint32_t)sysconf(_SC_PAGESIZE)
						     : rig->sizes.ring_bytes);
	bpf_map__set_max_entries(many, rig->c.per_cpu ? (uint32_t)libbpf_num_possible_cpus() : 1);
	bpf_object__for_each_program (p, rig->object) {
		const char *name = bpf_program__name(p);

		if (!strcmp(name, "ringload_bulk"))
			bpf_program__set_autoload(p, rig->c.mode == RING_BULK);
		if (p == event)
			bpf_program__set_autoload(p, rig->c.mode == RING_SYSCALL);
	}
	return 0;
}

static int map_state(struct ring_rig *rig)
{
	int at = variable_offset(bpf_object__btf(rig->object), ".bss", "ringload_state",
				 sizeof(struct ringload_state));
	struct bpf_map *bss = section_map(rig->object, ".bss");
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *data;

	if (at < 0 || !bss)
		return -ENOENT;
	rig->state_map_bytes = (bpf_map__value_size(bss) + page - 1) & ~(page - 1);
	data = mmap(NULL, rig->state_map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		    bpf_map__fd(bss), 0);
	if (data == MAP_FAILED) {
		int err = -errno;

		log_err_sys(err, "cannot map the ring load's books");
		return err;
	}
	if (at) {
		log_err("the ring load's books do not begin their section; run 'make'");
		munmap(data, rig->state_map_bytes);
		return -EINVAL;
	}
	rig->state = (struct ringload_state *)data;
	return 0;
}

/* A ring for the CPU of each producer, in the table that the program indexes by CPU. */
static int make_rings(struct ring_rig *rig)
{
	int table = bpf_object__find_map_fd_by_name(rig->object, "ringload_rings");

	if (!rig->c.per_cpu) {
		rig->ring_fd[0] = bpf_object__find_map_fd_by_name(rig->object, "ringload_ring");
		rig->nrings = 1;
		return rig->ring_fd[0] < 0 ? rig->ring_fd[0] : 0;
	}
	for (uint32_t p = 0; p < rig->c.producers; p++) {
		int cpu = rig->cpus.producer[p], fd, err;

		if (p && cpu == rig->cpus.producer[0])
			break;
		fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ringload_percpu", 0, 0,
				    rig->sizes.ring_bytes, NULL);
		err = fd < 0 ? fd : 0;
		if (!err) {
			rig->ring_fd[rig->nrings] = fd;
			rig->ring_cpu[rig->nrings++] = cpu;
			err = bpf_map_update_elem(table, &cpu, &fd, BPF_ANY);
		}
		if (err) {
			log_err_sys(err, "cannot make a ring of %u bytes for CPU %d",
				    rig->sizes.ring_bytes, cpu);
			return err;
		}
	}
	return 0;
}

/* Says why loading failed, with what libbpf said. */
static int load_failed(int err)
{
	if (feature_bpf() == 0 && feature_ringbuf()) {
		log_err("this kernel has no BPF ring buffers (Linux 5.8 and later have)");
		return -ENOTSUP;
	}
	while (libbpf_said.len && libbpf_said.s[libbpf_said.len - 1] == '\n')
		libbpf_said.s[--libbpf_said.len] = '\0';
	if (err == -EPERM || err == -EACCES)
		log_err_sys(err, "cannot load the ring load; run as root%s%s",
			    libbpf_said.len ? "\n" : "", libbpf_said.s);
	else
		log_err_sys(err, "cannot load the ring load%s%s", libbpf_said.len ? "\n" : "",
			    libbpf_said.s);
	return err;
}

static int load(struct ring_rig *rig)
{
	libbpf_print_fn_t before = libbpf_set_print(keep_warnings);
	int err;

	strbuf_reset(&libbpf_said);
	err = probe_open(&rig->object, "ringload", NULL);
	if (!err)
		err = configure(rig);
	if (!err) {
		err = bpf_object__load(rig->object);
		if (err)
			err = load_failed(err);
	}
	libbpf_set_print(before);
	strbuf_release(&libbpf_said);
	return err;
}

static int program_fd(const struct ring_rig *rig, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(rig->object, name);

	return p ? bpf_program__fd(p) : -ENOENT;
}

int ring_rig_open(struct ring_rig *rig, const struct ring_case *c, const struct ring_sizes *sizes,
		  const struct ring_cpus *cpus)
{
	int err;

	*rig = (struct ring_rig){.c = *c, .sizes = *sizes, .cpus = *cpus};
	err = load(rig);
	if (!err)
		err = map_state(rig);
	if (!err)
		err = make_rings(rig);
	if (err)
		return err;
	rig->bulk_fd = program_fd(rig, "ringload_bulk");
	rig->enlist_fd = program_fd(rig, "ringload_enlist");
	rig->wake_fd = program_fd(rig, "ringload_wake");
	rig->event = stand_in_program(rig->object, "ringload_event");
	return 0;
}

void ring_rig_close(struct ring_rig *rig)
{
	ring_rig_detach(rig);
	if (rig->state)
		munmap(rig->state, rig->state_map_bytes);
	for (uint32_t i = 0; rig->c.per_cpu && i < rig->nrings; i++)
		close(rig->ring_fd[i]);
	bpf_object__close(rig->object);
	*rig = (struct ring_rig){0};
}

int ring_rig_attach(struct ring_rig *rig)
{
	libbpf_print_fn_t before;
	int err = tracefs_ensure(NULL);

	if (err)
		return err;
	before = libbpf_set_print(keep_warnings);
	rig->link = RIGHTS_RAISED(bpf_program__attach(rig->event));
	if (!rig->link) {
		err = -errno;
		log_err_sys(err, "cannot attach to %s%s", bpf_program__section_name(rig->event),
			    err == -ENOENT ? "; this kernel was built without syscall tracepoints"
			    : err == -EPERM || err == -EACCES ? "; run as root"
							      : "");
	}
	libbpf_set_print(before);
	strbuf_release(&libbpf_said);
	return err;
}

void ring_rig_detach(struct ring_rig *rig)
{
	bpf_link__destroy(rig->link);
	rig->link = NULL;
}

void ring_rig_reset(struct ring_rig *rig)
{
	memset(rig->state, 0, sizeof(*rig->state));
}

static int run_program(int fd, uint64_t argument)
{
	uint64_t context[1] = {argument};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = sizeof(context));

	return bpf_prog_test_run_opts(fd, &opts);
}

int ring_rig_bulk(const struct ring_rig *rig, uint32_t producer)
{
	return run_program(rig->bulk_fd, producer);
}

int ring_rig_enlist(const struct ring_rig *rig, uint32_t producer)
{
	return run_program(rig->enlist_fd, producer);
}

int ring_rig_wake(const struct ring_rig *rig)
{
	int err = 0;

	for (uint32_t i = 0; i < rig->nrings && !err; i++)
		err = run_program(rig->wake_fd, (uint64_t)rig->ring_cpu[i]);
	return err;
}
