/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The header of a run: what machine and which tools the figures belong to. Facts come from /proc,
 * /sys and CPUID, versions from running the tools; what cannot be had is null.
 */
#include "lib/base.h"
#include "harness/record_put.h"
#include "harness/result.h"

#include <ctype.h>
#include <inttypes.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fnv.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

enum { VERSION_TIMEOUT_MS = 5000 };

static void trim(struct strbuf *sb)
{
	while (sb->len && isspace((unsigned char)sb->s[sb->len - 1]))
		sb->s[--sb->len] = '\0';
}

/* Appends ROOT + PATH without its last line end. Returns 0 or -errno. */
static int read_below(const char *root, const char *path, struct strbuf *out)
{
	struct strbuf name = STRBUF_INIT;
	int err;

	strbuf_addf(&name, "%s%s", root, path);
	err = strbuf_read_file(out, name.s);
	trim(out);
	strbuf_release(&name);
	return err;
}

static struct json_object *number_below(const char *root, const char *path)
{
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o = NULL;

	if (!read_below(root, path, &sb) && sb.len)
		o = json_object_new_int64(strtoll(sb.s, NULL, 10));
	strbuf_release(&sb);
	return o;
}

/* The value of the first line "key : value" of /proc/cpuinfo or /proc/meminfo; empty when none. */
static void proc_line(const char *text, const char *key, struct strbuf *out)
{
	size_t len = strlen(key);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		const char *v;

		at += *at == '\n';
		if (strncmp(at, key, len))
			continue;
		v = at + len + strspn(at + len, " \t");
		if (*v != ':')
			continue;
		v += 1 + strspn(v + 1, " \t");
		strbuf_add(out, v, strcspn(v, "\n"));
		return;
	}
}

static struct json_object *string_or_null(const struct strbuf *sb)
{
	return sb->len ? json_object_new_string(sb->s) : NULL;
}

/* Who the hypervisor says it is: CPUID leaf 0x40000000, a convention of all of them
 * (Documentation/virt/kvm/x86/cpuid.rst). */
static void hypervisor_name(struct strbuf *out)
{
#ifdef __x86_64__
	static const struct {
		const char *signature, *name;
	} known[] = {
		{"KVMKVMKVM", "KVM"},	    {"TCGTCGTCGTCG", "QEMU TCG"},
		{"VMwareVMware", "VMware"}, {"Microsoft Hv", "Hyper-V"},
		{"XenVMMXenVMM", "Xen"},
	};
	uint32_t eax, word[3];
	char signature[sizeof(word) + 1] = "";

	__cpuid(0x40000000, eax, word[0], word[1], word[2]);
	(void)eax;
	memcpy(signature, word, sizeof(word));
	for (size_t i = 0; i < ARRAY_SIZE(known) && !out->len; i++)
		if (!strcmp(signature, known[i].signature))
			strbuf_addstr(out, known[i].name);
#endif
	if (!out->len)
		strbuf_addstr(out, "yes");
}

/* "none", or who runs this machine: by its DMI name, or by CPUID ("yes": nobody says). */
static struct json_object *virtualisation(const char *root, const char *cpuinfo)
{
	struct strbuf flags = STRBUF_INIT, vendor = STRBUF_INIT;
	struct json_object *o;

	proc_line(cpuinfo, "flags", &flags);
	strbuf_addch(&flags, ' ');
	if (!strstr(flags.s, " hypervisor ")) {
		o = json_object_new_string("none");
	} else {
		if (read_below(root, "/sys/class/dmi/id/sys_vendor", &vendor) || !vendor.len)
			hypervisor_name(&vendor);
		o = json_object_new_string(vendor.s);
	}
	strbuf_release(&flags);
	strbuf_release(&vendor);
	return o;
}

/* BPF programs loaded now, ours not yet among them; null without the right to ask. */
static struct json_object *foreign_bpf_programs(void)
{
	union bpf_attr attr;
	uint32_t id = 0;
	int64_t n = 0;

	for (;;) {
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
		if (syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)))
			return errno == ENOENT ? json_object_new_int64(n) : NULL;
		id = attr.next_id;
		n++;
	}
}

static struct json_object *load_1min(const char *root)
{
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o = NULL;

	if (!read_below(root, "/proc/loadavg", &sb) && sb.len)
		o = json_object_new_double(strtod(sb.s, NULL));
	strbuf_release(&sb);
	return o;
}

/* Tells machines apart without telling which they are: of the machine's id, which is a secret of
 * its own, 64 bits of FNV-1a. */
static struct json_object *machine_id(const char *root)
{
	struct strbuf id = STRBUF_INIT;
	struct json_object *o = NULL;
	char text[17];

	if (!read_below(root, "/etc/machine-id", &id) && id.len) {
		strbuf_addstr(&id, " beebench");
		snprintf(text, sizeof(text), "%016" PRIx64, fnv_add(FNV_BEGIN, id.s, id.len));
		o = json_object_new_string(text);
	}
	strbuf_release(&id);
	return o;
}

/* The first eight digits: enough to tell two boots of one machine apart. */
static struct json_object *boot_id(const char *root)
{
	struct strbuf id = STRBUF_INIT;
	struct json_object *o = NULL;

	if (!read_below(root, "/proc/sys/kernel/random/boot_id", &id) && id.len >= 8)
		o = json_object_new_string_len(id.s, 8);
	strbuf_release(&id);
	return o;
}

/* All daemons of Slurm that run on one machine share its name, and a pod has one of its own: the
 * node's is in the environment. */
static const char *node_name(const struct utsname *u)
{
	static const char *const variables[] = {"BEEBENCH_NODE", "SLURMD_NODENAME"};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *node = getenv(variables[i]);

		if (node && *node)
			return node;
	}
	return u->nodename;
}

/* What started this run, where it is an engine that says so. */
static struct json_object *job(void)
{
	static const struct {
		const char *variable, *key;
	} known[] = {
		{"SLURM_JOB_ID", "slurm_job"},
		{"SLURM_ARRAY_JOB_ID", "slurm_array"},
		{"SLURM_ARRAY_TASK_ID", "slurm_task"},
		{"SLURM_PROCID", "slurm_process"},
		{"JOB_COMPLETION_INDEX", "kubernetes_index"},
		{"KUBERNETES_POD", "kubernetes_pod"},
		{"PARALLEL_SEQ", "parallel_sequence"},
		{"GITHUB_RUN_ID", "github_run"},
		{"GITHUB_JOB", "github_job"},
		{"CI_JOB_ID", "gitlab_job"},
		{"BUILD_TAG", "jenkins_build"},
	};
	struct json_object *o = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *v = getenv(known[i].variable);

		if (!v || !*v)
			continue;
		o = o ? o : json_object_new_object();
		record_put_str(o, known[i].key, v);
	}
	return o;
}

struct json_object *result_host_facts(const char *root)
{
	struct json_object *h = json_object_new_object();
	struct strbuf cpuinfo = STRBUF_INIT, meminfo = STRBUF_INIT, v = STRBUF_INIT;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname u;

	uname(&u);
	read_below(root, "/proc/cpuinfo", &cpuinfo);
	read_below(root, "/proc/meminfo", &meminfo);
	record_put(h, "id", machine_id(root));
	record_put_str(h, "name", node_name(&u));
	record_put(h, "boot", boot_id(root));
	record_put(h, "job", job());
	record_put_str(h, "kernel", u.release);
	record_put_str(h, "machine", u.machine);
	proc_line(cpuinfo.s, "model name", &v);
	record_put(h, "cpu", string_or_null(&v));
	record_put_i64(h, "cpus", cpus);
	strbuf_reset(&v);
	proc_line(meminfo.s, "MemTotal", &v);
	record_put(h, "memory_bytes",
		   v.len ? json_object_new_uint64(strtoull(v.s, NULL, 10) * 1024) : NULL);
	record_put(h, "virtualisation", virtualisation(root, cpuinfo.s));
	record_put(h, "bpf_jit", number_below(root, "/proc/sys/net/core/bpf_jit_enable"));
	record_put(h, "bpf_stats", number_below(root, "/proc/sys/kernel/bpf_stats_enabled"));
	record_put(h, "load_1min", load_1min(root));
	record_put(h, "foreign_bpf_programs", foreign_bpf_programs());
	strbuf_release(&cpuinfo);
	strbuf_release(&meminfo);
	strbuf_release(&v);
	return h;
}

/* The first word of @text that begins with a digit, or with 'v' and a digit: "v0.17.0". */
static struct json_object *version_in(const char *text)
{
	for (const char *at = text; *at;) {
		size_t word = strcspn(at, " \t\n,");
		size_t skip = at[0] == 'v' ? 1 : 0;

		if (isdigit((unsigned char)at[skip]))
			return json_object_new_string_len(at + skip, (int)(word - skip));
		at += word;
		at += strspn(at, " \t\n,");
	}
	return NULL;
}

/* Of the library this program runs with: its file is named libbpf.so.VERSION. */
static struct json_object *libbpf_version(void)
{
	static const char name[] = "/libbpf.so.";
	struct strbuf maps = STRBUF_INIT;
	struct json_object *o = NULL;
	const char *at;

	if (!strbuf_read_file(&maps, "/proc/self/maps")) {
		at = strstr(maps.s, name);
		if (at)
			o = version_in(at + sizeof(name) - 1);
	}
	strbuf_release(&maps);
	return o;
}

struct json_object *result_tool_versions(void)
{
	static const struct {
		const char *name, *argv[3];
	} tools[] = {
		{"clang", {"clang", "--version"}},
		{"bpftrace", {"bpftrace", "--version"}},
		{"stress_ng", {"stress-ng", "--version"}},
		{"hyperfine", {"hyperfine", "--version"}},
		{"gnuplot", {"gnuplot", "--version"}},
		{"qemu", {"qemu-system-x86_64", "--version"}},
	};
	struct json_object *o = json_object_new_object();

	record_put(o, "libbpf", libbpf_version());
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const char *argv[4] = {tools[i].argv[0], tools[i].argv[1], tools[i].argv[2], NULL};
		struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
		struct json_object *version = NULL;

		if (!subproc_capture(argv, VERSION_TIMEOUT_MS, &out, &err))
			version = version_in(out.s);
		record_put(o, tools[i].name, version);
		strbuf_release(&out);
		strbuf_release(&err);
	}
	return o;
}

const char *result_run_id(void)
{
	static char id[48];
	time_t now = time(NULL);
	uint64_t r = 0;
	char when[24];
	struct tm tm;

	if (*id)
		return id;
	gmtime_r(&now, &tm);
	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		r = (uint64_t)getpid() << 32 ^ clock_ns();
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(id, sizeof(id), "%s-%016" PRIx64, when, r);
	return id;
}

int result_out_name(const char *pattern, struct strbuf *out)
{
	static const char *const tasks[] = {"SLURM_ARRAY_TASK_ID", "SLURM_PROCID",
					    "JOB_COMPLETION_INDEX", "PARALLEL_SEQ"};
	const char *task = NULL;
	struct utsname u;

	uname(&u);
	for (size_t i = 0; i < ARRAY_SIZE(tasks) && !task; i++)
		task = getenv(tasks[i]);
	for (const char *c = pattern; *c; c++) {
		if (*c != '%') {
			strbuf_addch(out, *c);
			continue;
		}
		switch (*++c) {
		case 'h': strbuf_addstr(out, node_name(&u)); break;
		case 't': strbuf_addstr(out, task && *task ? task : "0"); break;
		case 'i': strbuf_addstr(out, result_run_id()); break;
		case '%': strbuf_addch(out, '%'); break;
		default:
			log_err("--out: %%%.1s in '%s' is no pattern; there are %%h (the machine's "
				"name), %%t (the task's number), %%i (the run's id) and %%%%",
				c, pattern);
			return -EINVAL;
		}
	}
	return 0;
}

/* The last line that git says; NULL where this is no repository, or there is no git. free() it. */
static char *ask_git(const char *const argv[])
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	int code = subproc_capture(argv, VERSION_TIMEOUT_MS, &out, &err);

	trim(&out);
	strbuf_release(&err);
	if (!code)
		return strbuf_detach(&out);
	strbuf_release(&out);
	return NULL;
}

/* The commit that is checked out where the run is started; null where none is. */
static struct json_object *revision(void)
{
	char *line = ask_git((const char *const[]){"git", "--no-optional-locks", "show", "-s",
						   "--no-show-signature", "--format=%H %ct", "HEAD",
						   NULL});
	char *changed, *end = line ? strchr(line, ' ') : NULL;
	struct json_object *o;

	if (!end) {
		free(line);
		return NULL;
	}
	*end = '\0';
	o = json_object_new_object();
	record_put_str(o, "commit", line);
	record_put_i64(o, "committed", strtoll(end + 1, NULL, 10));
	changed = ask_git((const char *const[]){"git", "--no-optional-locks", "status",
						"--porcelain", "--untracked-files=no", NULL});
	if (changed)
		record_put_bool(o, "dirty", *changed);
	free(changed);
	free(line);
	return o;
}

struct json_object *result_run_header(int argc, char *const argv[], bool quick, uint64_t seed)
{
	struct json_object *h = record_new("run"), *command = json_object_new_array();
	time_t now = time(NULL);
	char started[24];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	for (int i = 0; i < argc; i++)
		record_add_str(command, argv[i]);
	record_put_i64(h, "schema", RESULT_SCHEMA);
	record_put_str(h, "tool", "beebench " BEEBENCH_VERSION);
	record_put_str(h, "id", result_run_id());
	record_put_str(h, "started", started);
	record_put(h, "command", command);
	record_put_bool(h, "quick", quick);
	record_put_u64(h, "seed", seed);
	record_put(h, "revision", revision());
	record_put(h, "host", result_host_facts(""));
	record_put(h, "tools", result_tool_versions());
	record_make_utf8(h);
	return h;
}
