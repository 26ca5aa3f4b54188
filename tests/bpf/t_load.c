/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Issue 13, 30: of an object that does not load, the first cause is told, with the name of the
 * thing and what cures it. Each object is compiled here, from a few words.
 */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/strbuf.h"
#include "collector/collect.h"

/* Compiles @body; its manifest says that there is nothing to read. Returns the object's path. */
static const char *compiled(const char *body)
{
	static const char manifest[] =
		"{\"schema\": 1, \"counters\": null, \"events\": null, \"programs\": {}}";
	static char path[256];
	struct strbuf text = STRBUF_INIT;
	char source[256], command[1024];

	strbuf_addf(&text,
		    "#include <linux/types.h>\n"
		    "#include <linux/bpf.h>\n"
		    "#include <bpf/bpf_helpers.h>\n"
		    "char LICENSE[] SEC(\"license\") = \"GPL\";\n"
		    "%s\n",
		    body);
	snprintf(source, sizeof(source), "%s", live_write("load.bpf.c", text.s, text.len));
	live_write("load.manifest.json", manifest, sizeof(manifest) - 1);
	snprintf(path, sizeof(path), "%s", live_path("load.bpf.o"));
	snprintf(command, sizeof(command),
		 "${CLANG:-clang} -g -O2 -target bpf -I/usr/include/$(uname -m)-linux-gnu -c %s "
		 "-o %s",
		 source, path);
	assert_int_equal(system(command), 0);
	strbuf_release(&text);
	return path;
}

#define RUNS_HELPER(map)                                                                           \
	"SEC(\"raw_tp/sys_enter\") int a(void *c) { __u64 k[8] = {0};"                             \
	" return !!bpf_map_lookup_elem(&" map ", k); }"

static void causes(void **state UNUSED)
{
	static const struct {
		const char *body, *why;
	} cases[] = {
		{"SEC(\"tp_btf/no_such_event_here\") int a(void *c) { return 0; }\n"
		 "SEC(\"tp_btf/sys_enter\") int base(void *c) { return 0; }",
		 "program 'a' is on tp_btf/no_such_event_here, and this kernel has no tracepoint "
		 "'no_such_event_here' (see /sys/kernel/tracing/available_events); correct the "
		 "name, or leave the program out with SEC(\"?tp_btf/no_such_event_here\")"},
		{"SEC(\"fentry/bee_no_function\") int a(void *c) { return 0; }",
		 "program 'a' is on fentry/bee_no_function, and this kernel has no traceable "
		 "function 'bee_no_function' (see "
		 "/sys/kernel/tracing/available_filter_functions); correct the name, or leave the "
		 "program out with SEC(\"?fentry/bee_no_function\")"},
		{"SEC(\"iter/bee\") int a(void *c) { return 0; }",
		 "program 'a' is on iter/bee, and this kernel has no iterator 'bee' (see "
		 "bpf_iter_* of bpftool btf dump file /sys/kernel/btf/vmlinux); correct the name, "
		 "or leave the program out with SEC(\"?iter/bee\")"},
		{"extern int CONFIG_BEE_MISSING __kconfig;\n"
		 "SEC(\"raw_tp/sys_enter\") int a(void *c) { return CONFIG_BEE_MISSING == 7; }",
		 "it needs the kernel's configuration value CONFIG_BEE_MISSING, which this kernel "
		 "does not say (zgrep CONFIG_BEE_MISSING /proc/config.gz, or /boot/config-*); "
		 "declare it __weak to do without"},
		{"extern const int bee_no_symbol __ksym;\n"
		 "SEC(\"raw_tp/sys_enter\") int a(void *c)\n"
		 "{ return *(volatile const int *)&bee_no_symbol == 3; }",
		 "it needs the kernel's symbol 'bee_no_symbol', which this kernel has not or does "
		 "not give to BPF (grep bee_no_symbol /proc/kallsyms); declare it __weak to do "
		 "without"},
		{"extern const void bee_no_type __ksym;\n"
		 "SEC(\"raw_tp/sys_enter\") int a(void *c) { return (long)&bee_no_type & 7; }",
		 "it needs the kernel's symbol 'bee_no_type', which this kernel has not or does "
		 "not give to BPF (grep bee_no_type /proc/kallsyms); declare it __weak to do "
		 "without"},
		{"extern void bee_no_kfunc(int x) __ksym;\n"
		 "SEC(\"raw_tp/sys_enter\") int a(void *c) { bee_no_kfunc(3); return 0; }",
		 "it needs the kernel's function 'bee_no_kfunc', which this kernel has not or does "
		 "not give to BPF (grep bee_no_kfunc /proc/kallsyms); declare it __weak to do "
		 "without"},
		{"int missing(int x);\n"
		 "SEC(\"raw_tp/sys_enter\") int a(void *c) { return missing(3); }",
		 "'missing' is declared and nowhere defined; define it in this file, or say where "
		 "it is: __ksym or __kconfig"},
		{"SEC(\"nosuchkind/x\") int a(void *c) { return 0; }",
		 "program 'a' is in section 'nosuchkind/x', which no kind of program has; it is to "
		 "be as SEC(\"tracepoint/syscalls/sys_enter_mmap\"), SEC(\"tp_btf/sys_enter\") or "
		 "another of libbpf's"},
		{"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8);\n"
		 "__type(value, __u64); } m SEC(\".maps\");\n" RUNS_HELPER("m"),
		 "map 'm' (hash, key of 0 bytes, value of 8, 8 entries, flags 0) cannot be made: "
		 "its key has no size: declare it with __type(key, ..)"},
		{"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 0);\n"
		 "__type(key, __u32); __type(value, __u64); } m SEC(\".maps\");\n" RUNS_HELPER("m"),
		 "map 'm' (hash, key of 4 bytes, value of 8, 0 entries, flags 0) cannot be made: "
		 "it has no entries: declare how many with __uint(max_entries, ..)"},
		{"struct { __uint(type, 99); __uint(max_entries, 8);\n"
		 "__type(key, __u32); __type(value, __u64); } m SEC(\".maps\");\n" RUNS_HELPER("m"),
		 "map 'm' (unknown kind, key of 4 bytes, value of 8, 8 entries, flags 0) cannot be "
		 "made: there is no such kind of map: correct __uint(type, ..)"},
		{"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8);\n"
		 "__uint(map_flags, 0x4000000); __type(key, __u32); __type(value, __u64); }\n"
		 "m SEC(\".maps\");\n" RUNS_HELPER("m"),
		 "map 'm' (hash, key of 4 bytes, value of 8, 8 entries, flags 0x4000000) cannot be "
		 "made: this kernel does not know its kind, its flags or these sizes"},
		{"SEC(\"freplace/bee\") int a(void *c) { return 0; }",
		 "program 'a' is on freplace/bee, of another program, which nobody names here; "
		 "leave it out with SEC(\"?freplace/bee\")"},
		{"SEC(\"struct_ops/bee\") int a(void *c) { return 0; }",
		 "program 'a' is on struct_ops/bee, which this kernel cannot load unless a map in "
		 "SEC(\".struct_ops\") names it; leave it out with SEC(\"?struct_ops/bee\")"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = compiled(cases[i].body);
		struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%s: cannot be loaded: %s", path, cases[i].why);
		live_refuses(path, -EINVAL, text.s);
		strbuf_release(&text);
	}
}

/* Found out only when it is attached. */
static void places(void **state UNUSED)
{
	static const struct {
		const char *section, *why;
		int err; /* 0: -ENOENT */
	} cases[] = {
#ifdef __x86_64__
		/* Whose newest code does not stand for the name: glibc keeps the old one beside it.
		 */
		{"uprobe//lib/x86_64-linux-gnu/libc.so.6:pthread_cond_signal",
		 ": elf: ambiguous match for 'pthread_cond_signal', 'pthread_cond_signal' in "
		 "'/lib/x86_64-linux-gnu/libc.so.6'; the file has it in several versions (readelf "
		 "--dyn-syms lists them); a newer libbpf, 1.7 for one, takes FUNCTION@VERSION",
		 -EINVAL},
#endif
		{"uprobe//no/such/file:f",
		 ": failed to open /no/such/file: No such file or directory; correct the file's "
		 "name: a whole path, or one that is found in PATH or among the libraries"},
		{"uretprobe//proc/self/exe:bee_no_function",
		 ": elf: failed to find symbol 'bee_no_function' in '/proc/self/exe'; correct the "
		 "function's name (nm -D lists those of a library)"},
		{"kprobe/bee_no_function",
		 ", and this kernel has no traceable function 'bee_no_function' (see "
		 "/sys/kernel/tracing/available_filter_functions)"},
		{"raw_tp/bee_no_event", ", and this kernel has no tracepoint 'bee_no_event' (see "
					"/sys/kernel/tracing/available_events)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf body = STRBUF_INIT, text = STRBUF_INIT;
		struct monitor *m = NULL;
		const char *path;

		strbuf_addf(&body, "SEC(\"%s\") int a(void *c) { return 0; }", cases[i].section);
		path = compiled(body.s);
		assert_int_equal(monitor_open(&m, path, NULL, NULL), 0);
		live_listen();
		assert_int_equal(monitor_attach(m), cases[i].err ? cases[i].err : -ENOENT);
		log_capture(NULL, NULL);
		strbuf_addf(&text, "%s: program 'a' is on %s%s", path, cases[i].section,
			    cases[i].why);
		assert_string_equal(live_said, text.s);
		monitor_close(m);
		strbuf_release(&body);
		strbuf_release(&text);
	}
}

/* The map of <bpf/usdt.bpf.h> as it is before libbpf 1.7 and since, here in a program that has it.
 */
static const char *with_specs(unsigned int bytes, const char *section)
{
	struct strbuf body = STRBUF_INIT;
	const char *path;

	strbuf_addf(
		&body,
		"struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 256);\n"
		"__type(key, int); __type(value, char[%u]); } __bpf_usdt_specs SEC(\".maps\");\n"
		"SEC(\"%s\") int a(void *c)\n"
		"{ int k = 0; return !!bpf_map_lookup_elem(&__bpf_usdt_specs, &k); }",
		bytes, section);
	path = compiled(body.s);
	strbuf_release(&body);
	return path;
}

/* What libbpf lays out and another libbpf's header reads gives no argument, or a wrong one. */
static void usdt_of_another_libbpf(void **state UNUSED)
{
	uint32_t major = libbpf_major_version(), minor = libbpf_minor_version();
	bool is_1_7 = major == 1 && minor == 7;
	unsigned int own = is_1_7 ? 304 : 208, others = is_1_7 ? 208 : 304;
	struct strbuf text = STRBUF_INIT;
	struct monitor *m = NULL;
	const char *path;

	if (major > 1 || minor > 7)
		skip(); /* nothing is known of it */
	assert_int_equal(monitor_open(&m, with_specs(own, "usdt"), NULL, NULL), 0);
	monitor_close(m);
	assert_int_equal(monitor_open(&m, with_specs(others, "raw_tp/sys_enter"), NULL, NULL), 0);
	monitor_close(m);
	path = with_specs(others, "usdt");
	strbuf_addf(&text,
		    "%s: its USDT arguments are laid out as %s has them, and this is libbpf "
		    "%u.%u, under which they would be wrong; compile it with the <bpf/usdt.bpf.h> "
		    "of libbpf %u.%u",
		    path, is_1_7 ? "a libbpf before 1.7" : "libbpf 1.7", major, minor, major,
		    minor);
	live_refuses(path, -EINVAL, text.s);
	strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes),
		cmocka_unit_test(places),
		cmocka_unit_test(usdt_of_another_libbpf),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_load");
}
