/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads of an object that libbpf did not make are the same programs with maps of their own. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collector/object.h"
#include "collector/replica.h"
#include "collector/ring.h"

static struct bpf_prog_info program_info(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info;
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.id;
}

/* The ids of the maps that a program uses. */
static uint32_t used_maps(int fd, uint32_t *ids, uint32_t max)
{
	struct bpf_prog_info info = {.nr_map_ids = max, .map_ids = (uint64_t)(uintptr_t)ids};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.nr_map_ids;
}

static bool is_among(uint32_t id, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0 && map_id(fds[i]) == id)
			return true;
	return false;
}

static void check_program(const struct object_program *first, const struct replica *a,
			  const struct replica *b, size_t i)
{
	struct bpf_prog_info original, copy;
	uint32_t ids[REPLICA_MAPS_MAX], n;

	if (first->iterator || first->fd < 0) { /* no event runs it, or it is not loaded */
		assert_int_equal(a->program_fd[i], -1);
		return;
	}
	original = program_info(first->fd);
	copy = program_info(a->program_fd[i]);
	n = used_maps(a->program_fd[i], ids, ARRAY_SIZE(ids));
	assert_int_not_equal(copy.id, original.id);
	assert_int_equal(copy.type, original.type);
	assert_int_equal(copy.xlated_prog_len, original.xlated_prog_len);
	assert_int_equal(copy.jited_prog_len, original.jited_prog_len);
	assert_string_equal(copy.name, original.name);
	for (uint32_t k = 0; k < n; k++) {
		assert_true(is_among(ids[k], a->map_fd, REPLICA_MAPS_MAX));
		assert_false(is_among(ids[k], b->map_fd, REPLICA_MAPS_MAX));
	}
}

static void check(const char *name, size_t nprograms, size_t nrings)
{
	struct object_program first[REPLICA_PROGRAMS_MAX];
	struct replica_source *s;
	struct replica a, b;

	assert_int_equal(replica_source_open(&s, name, NULL), 0);
	assert_int_equal(monitor_programs(replica_source_monitor(s), first, ARRAY_SIZE(first)),
			 nprograms);
	assert_int_equal(replica_load(&a, s, ~0U, NULL), 0);
	assert_int_equal(replica_load(&b, s, ~0U, NULL), 0);
	assert_int_equal(a.nrings, nrings);
	assert_null(a.whole);
	for (size_t i = 0; i < nprograms; i++)
		check_program(&first[i], &a, &b, i);
	replica_release(&a);
	replica_release(&b);
	replica_release(&b); /* twice is once */
	replica_source_close(s);
}

static void mine(void *arg, const struct event *e)
{
	*(int *)arg += e->tgid == (uint32_t)getpid() && e->value[MEM_EVENT_TYPE] == 2;
}

/* A load's rings are in its array, one for each CPU, and its programs write into them. */
static void check_rings(const char *name, bool whole)
{
	const struct event_layout layout = {
		.length = 40,
		.fields = 1U << EVENT_TGID | 1U << (EVENT_COMMON + MEM_EVENT_TYPE),
		.offset = {[EVENT_TGID] = 12, [EVENT_COMMON + MEM_EVENT_TYPE] = 32},
	};
	struct replica_source *s;
	struct ring *ring;
	struct replica r;
	int seen = 0, link;

	assert_int_equal(replica_source_open(&s, name, NULL), 0);
	assert_int_equal(replica_load(&r, s, ~0U, NULL), 0);
	assert_int_equal(r.whole != NULL, whole);
	assert_int_equal(r.nmapped, libbpf_num_possible_cpus());
	assert_int_equal(ring_open(&ring, r.mapped_fd, r.nmapped, r.ring_fd[0], &layout), 0);
	link = bpf_raw_tracepoint_open(NULL, r.program_fd[2]); /* of call_ended */
	assert_true(link >= 0);
	for (int i = 0; i < 7; i++)
		raw_munmap(raw_mmap(4096), 4096);
	close(link);
	while (ring_poll(ring, 0, mine, &seen) > 0)
		;
	assert_in_range(seen, 7, 100);
	ring_close(ring);
	replica_release(&r);
	replica_source_close(s);
}

static void of_rings_by_cpu(void **state UNUSED)
{
	check("memmon_fast", 7, 1); /* what wakes; the others are mapped */
	check_rings("memmon_fast", false);
}

/* What libbpf loads each time has its rings as a copy has. */
static void of_rings_by_cpu_in_no_copy(void **state UNUSED)
{
	char command[1024];

	snprintf(command, sizeof(command), "cp %s/tests/bpf/rings_whole.bpf.o %s",
		 getenv("B") ? getenv("B") : "build", live_path("."));
	assert_int_equal(system(command), 0);
	check_rings(live_path("rings_whole.bpf.o"), true);
}

static void of_c(void **state UNUSED)
{
	check("memmon", 3, 1);
	check("cpumon", 4, 0);
}

static void of_honey(void **state UNUSED)
{
	check("memmon-honey", 3, 1);
}

static void of_other_types(void **state UNUSED)
{
	static const char *const names[] = {"call_raw0", "call_btf0"};

	for (int i = 0; i < 2; i++) {
		char object[64], command[1024];

		snprintf(object, sizeof(object), "%s.bpf.o", names[i]);
		snprintf(command, sizeof(command),
			 "cp tests/bpf/%s.manifest.json %s/tests/bpf/%s %s", names[i],
			 getenv("B") ? getenv("B") : "build", object, live_path("."));
		assert_int_equal(system(command), 0);
		check(live_path(object), 3, 0);
	}
}

static void only_what_is_wanted(void **state UNUSED)
{
	struct replica_source *s;
	struct replica r;

	assert_int_equal(replica_source_open(&s, "memmon", NULL), 0);
	assert_int_equal(replica_load(&r, s, 1U << 2, NULL), 0);
	assert_int_equal(r.program_fd[0], -1);
	assert_int_equal(r.program_fd[1], -1);
	assert_true(r.program_fd[2] >= 0);
	replica_release(&r);
	replica_source_close(s);
}

static void no_object(void **state UNUSED)
{
	struct replica_source *s = NULL;

	live_listen();
	assert_int_equal(replica_source_open(&s, "none", NULL), -ENOTSUP);
	log_capture(NULL, NULL);
	assert_string_equal(live_said,
			    "none is no BPF object: what it runs in the kernel cannot be "
			    "held against another's by a stub");
	assert_null(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_c),
		cmocka_unit_test(of_honey),
		cmocka_unit_test(of_rings_by_cpu),
		cmocka_unit_test(of_rings_by_cpu_in_no_copy),
		cmocka_unit_test(of_other_types),
		cmocka_unit_test(only_what_is_wanted),
		cmocka_unit_test(no_object),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_replica");
}
