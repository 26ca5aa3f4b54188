/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects nobody has seen before: those that work, with their own names, and what is said of those
 * that do not. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <bpf/btf.h>

#include "lib/strbuf.h"
#include "collector/object.h"

#define CALLS 23

static void some_calls(void)
{
	for (int i = 0; i < CALLS; i++) {
		void *p = raw_mmap(4096);

		raw_brk(0);
		raw_munmap(p, 4096);
	}
}

struct seen {
	uint64_t n, lengths[80], bytes, pids;
	uint32_t pid;
	char comm[16];
};

static void see(void *arg, const struct event *e)
{
	struct seen *s = arg;

	assert_in_range(e->length, 0, sizeof(s->lengths) / sizeof(s->lengths[0]) - 1);
	s->n++;
	s->lengths[e->length]++;
	s->bytes += e->value[MEM_EVENT_SIZE];
	s->pids += e->pid == s->pid;
	memcpy(s->comm, e->comm, sizeof(s->comm));
}

/* Opens, watches some_calls(), drains, and leaves the monitor detached. */
static struct monitor *watch(struct live *l, const char *path, struct seen *seen)
{
	struct monitor *m;

	live_start(l, some_calls);
	assert_int_equal(monitor_open(&m, path, &l->target, NULL), 0);
	assert_int_equal(monitor_attach(m), 0);
	live_run(l);
	assert_int_equal(monitor_detach(m), 0);
	*seen = (struct seen){.pid = (uint32_t)l->child.pid};
	while (monitor_poll(m, 0, see, seen) > 0)
		;
	return m;
}

static void records_of_other_lengths(void **state UNUSED)
{
	struct monitor_losses losses;
	struct monitor_cost cost;
	struct monitor *m;
	struct seen seen;
	struct live l;

	m = watch(&l, live_built("tests/bpf/records.bpf.o"), &seen);
	assert_int_equal(seen.n, 2 * CALLS);
	assert_int_equal(seen.lengths[56], CALLS); /* munmap, as the definition has it */
	assert_int_equal(seen.lengths[64],
			 CALLS); /* mmap: longer, and submitted without a wake-up */
	assert_int_equal(seen.bytes, 2 * CALLS * 4096);
	assert_int_equal(seen.pids, 2 * CALLS);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.bad_records, CALLS); /* brk: 8 bytes */
	assert_true(losses.ring_full == UINT64_MAX);
	assert_true(losses.map_full == UINT64_MAX);
	assert_int_equal(losses.recursion_misses, 0);
	assert_int_equal(monitor_cost(m, &cost), 0);
	assert_int_equal(cost.records, 2 * CALLS);
	monitor_close(m);
	live_end(&l);
}

static void many_calls(void)
{
	for (int i = 0; i < 10; i++)
		some_calls();
}

static void a_full_ring_still_drains(void **state UNUSED)
{
	struct seen seen = {0};
	struct monitor *m;
	struct live l;
	int n;

	live_start(&l, many_calls);
	assert_int_equal(monitor_open(&m, live_built("tests/bpf/records.bpf.o"), &l.target, NULL),
			 0);
	assert_int_equal(monitor_info(m)->ring_bytes, 4096);
	assert_int_equal(monitor_attach(m), 0);
	live_run(&l);
	/* A round is 72 + 16 + 64 bytes with headers; a last record may find a few bytes too
	 * little. */
	n = monitor_poll(m, 1000, see, &seen);
	assert_in_range(n, 2 * (4096 - 72) / 152, 2 * 4096 / 152 + 1);
	assert_int_equal(seen.n, n);
	assert_int_equal(monitor_poll(m, 1, see, &seen), 0);
	monitor_close(m);
	live_end(&l);
}

static const char *foreign_manifest(const char *counters)
{
	static char path[256];
	char object[512], text[1024];
	int n;

	assert_non_null(realpath(live_built("tests/bpf/foreign.bpf.o"), object));
	n = snprintf(
		text, sizeof(text),
		"{\"schema\": 1, \"name\": \"theirs\", \"key\": \"tgid\", \"object\": \"%s\",\n"
		" \"counters\": %s,\n"
		" \"events\": {\"map\": \"notes\", \"struct\": \"note\", \"fields\": {\"comm\": "
		"\"who\", \"pid\": \"thread\", \"size\": \"length\", \"event_type\": \"what\"}},\n"
		" \"programs\": {\"mmap\": \"handle_map\", \"munmap\": "
		"\"tp/syscalls/sys_enter_munmap\"}}\n",
		object, counters);
	snprintf(path, sizeof(path), "%s", live_write("theirs.json", text, (size_t)n));
	return path;
}

static void foreign_object(void **state UNUSED)
{
	struct strbuf extras = STRBUF_INIT;
	const struct counter_row *row;
	struct monitor *m;
	struct counter_table t;
	struct seen seen;
	struct live l;

	m = watch(&l,
		  foreign_manifest(
			  "{\"map\": \"sums_by_process\", \"fields\": {\"mmap_count\": \"maps\", "
			  "\"mmap_bytes\": \"bytes\", \"munmap_count\": \"unmaps\"}}"),
		  &seen);
	assert_string_equal(monitor_info(m)->name, "theirs");
	assert_int_equal(monitor_info(m)->key, MONITOR_KEY_TGID);
	assert_int_equal(monitor_info(m)->caps, MONITOR_COUNTERS | MONITOR_EVENTS | MONITOR_CGROUP);
	assert_int_equal(monitor_info(m)->map_entries, 128);
	assert_int_equal(seen.n, 2 * CALLS);
	assert_int_equal(seen.pids, 2 * CALLS);
	assert_string_equal(seen.comm, "t_objects");
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.fields,
			 1 << MEM_MMAP_COUNT | 1 << MEM_MMAP_BYTES | 1 << MEM_MUNMAP_COUNT);
	assert_int_equal(t.n, 1);
	row = counter_table_find(&t, seen.pid);
	assert_non_null(row);
	assert_int_equal(row->value[MEM_MMAP_COUNT], CALLS);
	assert_int_equal(row->value[MEM_MMAP_BYTES], CALLS * 4096);
	assert_int_equal(row->value[MEM_MUNMAP_COUNT], CALLS);
	counter_table_release(&t);
	monitor_extras(m, &extras);
	assert_string_equal(extras.s, "map settings (array, 3 entries)\n"
				      "program handle_other on tp/syscalls/sys_enter_mremap\n"
				      "program handle_packet on socket\n"
				      "program handle_packet cannot attach itself: only loaded\n");
	strbuf_release(&extras);
	monitor_close(m);
	live_end(&l);
}

static void the_inside(void **state UNUSED)
{
	struct object_program programs[2];
	struct monitor_cost cost;
	struct monitor *m;

	assert_int_equal(monitor_open(&m, "memmon", NULL, NULL), 0);
	assert_int_equal(monitor_programs(m, programs, ARRAY_SIZE(programs)), 3);
	assert_string_equal(programs[0].name, "trace_mmap_enter");
	assert_string_equal(programs[1].section, "tracepoint/syscalls/sys_enter_munmap");
	assert_true(monitor_map_fd(m, "mem_stats_map") >= 0);
	assert_int_equal(monitor_map_fd(m, "nothing"), -ENOENT);
	assert_int_equal(monitor_cost(m, &cost), 0);
	assert_int_equal(cost.nprograms, 3);
	for (uint32_t i = 0; i < cost.nprograms; i++) {
		assert_true(cost.programs[i].xlated_bytes > 0);
		assert_true(cost.programs[i].verified_insns > 0);
	}
	assert_true(cost.map_bytes > 262144);
	assert_true(cost.load_ns > 0);
	monitor_close(m);
	assert_int_equal(monitor_open(&m, "none", NULL, NULL), 0);
	assert_int_equal(monitor_programs(m, programs, ARRAY_SIZE(programs)), 0);
	assert_int_equal(monitor_map_fd(m, "mem_stats_map"), -ENOENT);
	monitor_close(m);
}

/* What is said of a built object: every PATH and HINT in @text stands for its path and its
 * manifest's. */
static void refuses_built(const char *name, int err, const char *text)
{
	struct strbuf expected = STRBUF_INIT;
	char file[128], path[512];

	snprintf(file, sizeof(file), "tests/bpf/%s.bpf.o", name);
	snprintf(path, sizeof(path), "%s", live_built(file));
	for (const char *p = text; *p;) {
		if (!strncmp(p, "PATH", 4)) {
			strbuf_addstr(&expected, path);
			p += 4;
		} else if (!strncmp(p, "HINT", 4)) {
			strbuf_add(&expected, path, strlen(path) - strlen(".bpf.o"));
			strbuf_addstr(&expected, ".manifest.json");
			p += 4;
		} else {
			strbuf_addch(&expected, *p++);
		}
	}
	live_refuses(path, err, expected.s);
	strbuf_release(&expected);
}

static void wrong_layouts(void **state UNUSED)
{
	refuses_built("bad_size", -EINVAL,
		      "PATH: struct mem_stats (map mem_stats_map): field 'mmap_count' has 4 bytes, "
		      "8 are expected");
	refuses_built("bad_event", -EINVAL,
		      "PATH: struct mem_event: field 'event_type' has 4 bytes, 1 is expected");
	refuses_built("bad_map", -EINVAL,
		      "PATH: no map 'mem_stats_map' (its maps: counters, mem_events); name its map "
		      "of counters in "
		      "HINT (docs/adding-a-monitor.md)");
	refuses_built("bad_program", -EINVAL,
		      "PATH: no program for brk: none in section tracepoint/syscalls/sys_enter_brk "
		      "(its programs: "
		      "on_mmap on tracepoint/syscalls/sys_enter_mmap, on_munmap on "
		      "tracepoint/syscalls/sys_enter_munmap); name it in HINT");
}

static void wrong_manifests(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT;
	const char *path = foreign_manifest("{\"map\": \"settings\", \"fields\": {}}");
	char object[512];

	assert_non_null(realpath(live_built("tests/bpf/foreign.bpf.o"), object));
	strbuf_addf(&text,
		    "%s: map 'settings' is of type array; a hash map (per CPU or not) is expected",
		    object);
	live_refuses(path, -EINVAL, text.s);
	strbuf_reset(&text);
	path = foreign_manifest(
		"{\"map\": \"sums_by_process\", \"fields\": {\"mmap_count\": \"mapss\"}}");
	strbuf_addf(&text,
		    "%s: struct sums (map sums_by_process) has no field 'mapss' (its fields: maps, "
		    "bytes, unmaps); "
		    "name its field in %s",
		    object, path);
	live_refuses(path, -EINVAL, text.s);
	strbuf_reset(&text);
	path = foreign_manifest("{\"mmap_count\": \"sums_by_process\"}");
	strbuf_addf(&text, "%s: map 'sums_by_process': its value has 24 bytes, 8 are expected",
		    object);
	live_refuses(path, -EINVAL, text.s);
	strbuf_reset(&text);
	path = foreign_manifest("{\"map\": 5}");
	strbuf_addf(&text, "%s:2: counters.map: a string is expected, this is a number", path);
	live_refuses(path, -EINVAL, text.s);
	strbuf_release(&text);
}

static void refused_by_the_verifier(void **state UNUSED)
{
	struct monitor *m;

	live_listen();
	assert_int_equal(monitor_open(&m, live_built("tests/bpf/bad_rejected.bpf.o"), NULL, NULL),
			 -EACCES);
	log_capture(NULL, NULL);
	/* Register numbers and indentation are the compiler's; what counts is the program, the
	 * line, the reason. */
	assert_non_null(strstr(live_said, "bad_rejected.bpf.o: the verifier refused program "
					  "'on_mmap':\n    ; s->mmap_count++;"));
	assert_non_null(strstr(live_said, "invalid mem access 'map_value_or_null'"));
	assert_null(strstr(live_said, "processed"));
	assert_true(strlen(live_said) < 600);
}

static void no_such_tracepoint(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT;
	const char *path = live_built("tests/bpf/bad_tracepoint.bpf.o");
	struct monitor *m;

	assert_int_equal(monitor_open(&m, path, NULL, NULL), 0);
	live_listen();
	assert_int_equal(monitor_attach(m), -ENOENT);
	log_capture(NULL, NULL);
	strbuf_addf(&text,
		    "%s: program 'on_nothing': this kernel has no "
		    "tracepoint/syscalls/sys_enter_mmapp, or tracefs is "
		    "not mounted (mount -t tracefs tracefs /sys/kernel/tracing)",
		    path);
	assert_string_equal(live_said, text.s);
	monitor_close(m);
	strbuf_release(&text);
}

/* Writes @data as an object and expects it to be refused with @why. */
static void refuses_image(const void *data, size_t size, const char *why)
{
	char path[256], text[1024];

	snprintf(path, sizeof(path), "%s", live_write("broken.bpf.o", data, size));
	snprintf(text, sizeof(text), "%s: %s", path, why);
	live_refuses(path, -EINVAL, text);
}

static void not_bpf_objects(void **state UNUSED)
{
	struct strbuf image = STRBUF_INIT;
	char why[256], command[1024];

	refuses_image("", 0, "empty: 0 bytes; build it again");
	refuses_image("\177EL", 3,
		      "truncated: 3 bytes do not even hold an ELF header; build it again");
	refuses_image(
		"#!/bin/sh\n", 10,
		"not an ELF file; a BPF object comes from: clang -g -O2 -target bpf -c X.bpf.c");
	assert_int_equal(strbuf_read_file(&image, live_built("bpf/memmon/memmon.bpf.o")), 0);
	refuses_image(image.s, 40,
		      "truncated: 40 bytes do not even hold an ELF header; build it again");
	/* clang puts the section table at the end of the file. */
	snprintf(why, sizeof(why),
		 "truncated: its section table ends at byte %zu, the file at %zu; build it again",
		 image.len, image.len / 2);
	refuses_image(image.s, image.len / 2, why);
	snprintf(command, sizeof(command),
		 "llvm-objcopy --remove-section=.BTF --remove-section=.BTF.ext %s %s",
		 live_built("bpf/memmon/memmon.bpf.o"), live_path("nobtf.bpf.o"));
	assert_int_equal(system(command), 0);
	strbuf_reset(&image);
	assert_int_equal(strbuf_read_file(&image, live_path("nobtf.bpf.o")), 0);
	refuses_image(image.s, image.len,
		      "has no BTF, which tells the layout of its maps; compile it with -g, and "
		      "strip it with "
		      "llvm-strip -g at most");
	strbuf_reset(&image);
	assert_int_equal(strbuf_read_file(&image, "/proc/self/exe"), 0);
#ifdef __x86_64__
	refuses_image(image.s, image.len,
		      "an object for x86_64 (ELF machine 62), not for BPF; compile it with: clang "
		      "-g -O2 -target bpf");
#endif
	strbuf_release(&image);
}

/*
 * A copy of an object in whose BTF member @member of struct @type is 128 MiB further behind; its
 * manifest comes along.
 */
static const char *displaced(const char *name, const char *type, const char *member)
{
	static char path[256];
	struct btf *btf = btf__parse(live_built(name), NULL);
	int32_t id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *t = btf__type_by_id(btf, (uint32_t)id);
	struct strbuf image = STRBUF_INIT;
	struct btf_member *in = NULL;

	assert_int_equal(strbuf_read_file(&image, live_built(name)), 0);
	for (int i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), member))
			in = memmem(image.s, image.len, &btf_members(t)[i], sizeof(*in));
	assert_non_null(in);
	in->offset = 1U << 30;
	snprintf(path, sizeof(path), "%s", live_write("displaced.bpf.o", image.s, image.len));
	strbuf_release(&image);
	btf__free(btf);
	return path;
}

/* Issue 13, 6: no offset out of a BTF is used that is not inside what it indexes. */
static void offsets_beyond_what_they_index(void **state UNUSED)
{
	static const struct {
		const char *object, *type, *member, *of;
		unsigned int bytes, whole;
	} cases[] = {
		{"bpf/memmon/memmon.bpf.o", "mem_loss", "map_full", " (map mem_loss)", 8, 16},
		{"bpf/memmon/memmon.bpf.o", "mem_stats", "mmap_count", " (map mem_stats_map)", 8,
		 72},
		{"bpf/memmon/memmon.bpf.o", "mem_event", "comm", "", 16, 56},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = displaced(cases[i].object, cases[i].type, cases[i].member);
		struct strbuf text = STRBUF_INIT;

		strbuf_addf(
			&text,
			"%s: struct %s%s: field '%s' is at byte 134217728 to %u, and the struct "
			"has %u: its BTF is damaged; build it again",
			path, cases[i].type, cases[i].of, cases[i].member,
			134217728 + cases[i].bytes, cases[i].whole);
		live_refuses(path, -EINVAL, text.s);
		strbuf_release(&text);
	}
}

static void unknown_names(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT;
	const char *path;

	live_refuses("memmom", -EINVAL, "no monitor 'memmom'; did you mean 'memmon'?");
	live_refuses("xyzzy", -EINVAL,
		     "no monitor 'xyzzy'; see 'beebench list monitors', or give the path of an "
		     "object, script or "
		     "manifest");
	live_refuses("", -EINVAL,
		     "no monitor ''; see 'beebench list monitors', or give the path of an object, "
		     "script or manifest");
	live_refuses("/nowhere/x.bpf.o", -ENOENT,
		     "cannot read the monitor /nowhere/x.bpf.o: No such file or directory");
	path = live_write("notes.txt", "hello", 5);
	strbuf_addf(&text,
		    "%s: what is it? a monitor is an object (.bpf.o, .o), a Honey source (.ex), a "
		    "bpftrace script (.bt) or a manifest (.json)",
		    path);
	live_refuses(path, -EINVAL, text.s);
	strbuf_release(&text);
}

/* A manifest of memmon_fast's object with other @counters and @events. */
static const char *fast_manifest(const char *counters, const char *events)
{
	static char path[256];
	char object[512], text[2048];
	int n;

	assert_non_null(realpath(live_built("bpf/memmon/memmon_fast.bpf.o"), object));
	n = snprintf(text, sizeof(text),
		     "{\"schema\": 1, \"object\": \"%s\", \"counters\": %s, \"events\": %s,\n"
		     " \"programs\": {}}",
		     object, counters, events);
	snprintf(path, sizeof(path), "%s", live_write("fast.json", text, (size_t)n));
	return path;
}

static void fast_refused(const char *counters, const char *events, const char *why)
{
	const char *manifest = fast_manifest(counters, events);
	char object[512], text[2048], *mark;
	size_t n;

	assert_non_null(realpath(live_built("bpf/memmon/memmon_fast.bpf.o"), object));
	n = (size_t)snprintf(text, sizeof(text), "%s: ", object);
	for (mark = strchr(why, '@'); mark; mark = strchr(why, '@')) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s%s", (int)(mark - why), why,
				      manifest);
		why = mark + 1;
	}
	snprintf(text + n, sizeof(text) - n, "%s", why);
	live_refuses(manifest, -EINVAL, text);
}

static void wrong_iterators(void **state UNUSED)
{
	fast_refused("{\"iterator\": \"walk\", \"struct\": \"fast_row\", \"key\": \"tgid\"}",
		     "null", "no program 'walk', which @ names as the iterator of its counters");
	fast_refused("{\"iterator\": \"call_ended\", \"struct\": \"fast_row\", \"key\": \"tgid\"}",
		     "null",
		     "program 'call_ended' on tp_btf/sys_exit is no iterator (SEC(\"iter/task\"))");
	fast_refused("{\"iterator\": \"threads\", \"struct\": \"rows\", \"key\": \"tgid\"}", "null",
		     "no struct 'rows' in its BTF, which @ names; a global of that type puts it "
		     "there (struct rows *const volatile layout = 0;)");
	fast_refused("{\"iterator\": \"threads\", \"struct\": \"fast_row\", \"key\": \"stats\"}",
		     "null", "struct fast_row: field 'stats' has 72 bytes, 4 are expected");
	fast_refused(
		"{\"iterator\": \"threads\", \"struct\": \"fast_row\", \"key\": \"tgid\", "
		"\"fields\": {\"mmap_count\": \"sums.maps\"}}",
		"null",
		"struct fast_row has no field 'sums' (its fields: tgid, ended, stats); name its "
		"field in @");
	fast_refused(
		"{\"iterator\": \"threads\", \"struct\": \"fast_event\", \"key\": \"tgid\", "
		"\"ended\": \"mem_ended\", \"ended_flag\": \"pid\"}",
		"null",
		"map 'mem_ended': its value is struct fast_row; struct fast_event is expected, "
		"as the iterator's rows");
	fast_refused("null", "{\"map\": \"mem_rings\", \"switch\": \"mem_loud\"}",
		     "no variable 'mem_loud' of 4 bytes that can be written, which @ names as the "
		     "switch of its events");
	fast_refused("null", "{\"map\": \"mem_rings\", \"wake\": \"mem_loss\"}",
		     "map 'mem_loss' is of type percpu_array; a ringbuf is expected");
	fast_refused(
		"null", "{\"map\": \"mem_loss\"}",
		"map 'mem_loss' is of type percpu_array; a ringbuf, or an array of ringbufs by "
		"CPU, is expected");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_other_lengths),
		cmocka_unit_test(a_full_ring_still_drains),
		cmocka_unit_test(foreign_object),
		cmocka_unit_test(wrong_iterators),
		cmocka_unit_test(the_inside),
		cmocka_unit_test(wrong_layouts),
		cmocka_unit_test(wrong_manifests),
		cmocka_unit_test(refused_by_the_verifier),
		cmocka_unit_test(no_such_tracepoint),
		cmocka_unit_test(not_bpf_objects),
		cmocka_unit_test(offsets_beyond_what_they_index),
		cmocka_unit_test(unknown_names),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_objects");
}
