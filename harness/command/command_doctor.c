/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench doctor: what this machine can do, what is missing, and the command that cures it. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/preempt.h"
#include "lib/procfs.h"
#include "collector/features.h"

struct doctor {
	struct json_object *checks;
	bool json, hooks;
	bool full_lane; /* everything that `make bench` needs is here */
	char tracefs[256];
};

static const struct opt options[] = {
	{0, "json", NULL, "one JSON object on stdout instead of text", OPT_FLAG,
	 offsetof(struct doctor, json)},
	{0, "hooks", NULL,
	 "measure instead which ways of attaching lose runs here (docs/linux7.md)", OPT_FLAG,
	 offsetof(struct doctor, hooks)},
	{0},
};

/* What is lost without the thing. */
enum need { REQUIRED, OPTIONAL };

/* What is forbidden is not what the kernel lacks: only EINVAL, ENOSYS and the like speak of it. */
static const char *advice(int err, const char *cure)
{
	if (abs(err) != EPERM && abs(err) != EACCES)
		return cure;
	if (!geteuid())
		return "root lacks the right here (CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN): in a "
		       "container start it privileged";
	return strncmp(cure, "boot", 4) ? cure : "run it as root: sudo beebench ..";
}

static void report(struct doctor *d, const char *name, int err, enum need need, const char *use,
		   const char *cure)
{
	struct json_object *o = json_object_new_object();
	const char *status = !err ? "ok" : need == REQUIRED ? "missing" : "absent";

	record_put_str(o, "name", name);
	record_put_str(o, "status", status);
	record_put_bool(o, "required", need == REQUIRED);
	record_put_str(o, "use", use);
	if (err) {
		record_put(o, "error", json_object_new_string(strerror(abs(err))));
		record_put_str(o, "cure", advice(err, cure));
		if (need == REQUIRED)
			d->full_lane = false;
	}
	json_object_array_add(d->checks, o);
	if (d->json)
		return;
	printf("  %-7s  %-34s %s\n", status, name, use);
	if (err)
		printf("  %-7s    %s: %s\n", "", strerror(abs(err)), advice(err, cure));
}

static void heading(const struct doctor *d, const char *text)
{
	if (!d->json)
		printf("%s\n", text);
}

static void check_rights(struct doctor *d)
{
	const char *root = "run it as root: sudo beebench ..; without root the guest still works: "
			   "beebench exact, beebench verify";

	heading(d, "rights and kernel");
	report(d, "root", geteuid() ? -EPERM : 0, OPTIONAL,
	       "reads tracefs, makes cgroups, pins CPUs", root);
	report(d, "bpf()", feature_bpf(), REQUIRED, "loads monitors", root);
	report(d, "BTF", feature_btf(), REQUIRED, "finds maps and structs by name",
	       "boot a kernel with CONFIG_DEBUG_INFO_BTF=y: apt-get install linux-image-amd64");
	report(d, "ring buffer", feature_ringbuf(), REQUIRED, "event streams",
	       "boot Linux 5.8 or newer");
	report(d, "task storage", feature_task_storage(), OPTIONAL,
	       "monitors that keep state per task", "boot Linux 5.11 or newer");
	report(d, "two CPUs", sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 0 : -ENODEV, OPTIONAL,
	       "producer and consumer apart",
	       "without a second one, both share a CPU and the report says so");
}

static void check_programs(struct doctor *d)
{
	const char *root = "run it as root: sudo beebench ..";

	heading(d, "program types");
	report(d, "tracepoint", feature_program_tracepoint(), REQUIRED, "the memory monitor", root);
	report(d, "raw_tp", feature_program_raw_tp(), REQUIRED, "the oracle", root);
	report(d, "tp_btf", feature_program_tp_btf(), OPTIONAL, "cheaper monitors",
	       "boot Linux 5.5 or newer with BTF");
	report(d, "uprobe", feature_uprobe(), OPTIONAL, "allocation profilers",
	       "boot a kernel with CONFIG_UPROBE_EVENTS=y");
	report(d, "kprobe", feature_kprobe(), OPTIONAL, "monitors of kernel functions",
	       "boot a kernel with CONFIG_KPROBES=y; tracepoints replace most uses");
	report(d, "tracepoints without preemption", preempt_tracepoints() ? -EAGAIN : 0, OPTIONAL,
	       "raw_tp, tp_btf, tracepoint/syscalls lose no run (known by version)",
	       "Linux 7 skips their runs, and fentry's, while one of them is off its CPU; by perf "
	       "events (tracepoint/raw_syscalls, tracepoint/sched) none is lost: docs/linux7.md; "
	       "beebench doctor --hooks measures it");
	report(d, "fentry", feature_program_fentry(), OPTIONAL,
	       "monitors of kernel functions, cheaper",
	       "boot a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y that allows it; "
	       "tracepoints replace it");
}

static void check_tracepoints(struct doctor *d)
{
	static const char *const names[] = {"syscalls/sys_enter_mmap", "syscalls/sys_enter_munmap",
					    "syscalls/sys_enter_brk",  "raw_syscalls/sys_enter",
					    "raw_syscalls/sys_exit",   "sched/sched_switch"};
	static const char mount_it[] = "mount -t tracefs nodev /sys/kernel/tracing";
	int err = procfs_find_mount("/proc", "tracefs", d->tracefs, sizeof(d->tracefs));

	heading(d, "tracing");
	report(d, "tracefs", err, geteuid() ? REQUIRED : OPTIONAL,
	       err ? "names of tracepoints; mounted by beebench itself when root" : d->tracefs,
	       mount_it);
	if (err)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		report(d, names[i], feature_tracepoint(d->tracefs, names[i]),
		       i < 5 ? REQUIRED : OPTIONAL,
		       i < 3   ? "the memory monitor"
		       : i < 5 ? "the oracle"
			       : "the CPU monitor",
		       i < 5 ? "boot a kernel with CONFIG_FTRACE_SYSCALLS=y"
			     : "boot a kernel with CONFIG_FTRACE=y");
	report(d, "perf tracepoint counters", feature_perf_tracepoint(d->tracefs), OPTIONAL,
	       "a second independent count",
	       "run as root, or sysctl kernel.perf_event_paranoid=-1");
	report(d, "perf hardware counters", feature_perf_hardware(), OPTIONAL, "cycles in reports",
	       "not in most virtual machines; the exact lane counts instructions without them");
}

static void check_cgroup(struct doctor *d)
{
	char path[256];
	int err = procfs_find_mount("/proc", "cgroup2", path, sizeof(path));

	report(d, "cgroup2", err, geteuid() ? REQUIRED : OPTIONAL,
	       err ? "watches only what a test started; mounted by beebench itself when root"
		   : path,
	       "mount -t cgroup2 none /sys/fs/cgroup");
}

static int find_in_path(const char *program)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : "/usr/bin:/bin"), *save = NULL, file[512];
	int err = -ENOENT;

	for (char *dir = strtok_r(copy, ":", &save); dir && err; dir = strtok_r(NULL, ":", &save)) {
		snprintf(file, sizeof(file), "%s/%s", dir, program);
		err = access(file, X_OK) ? -ENOENT : 0;
	}
	free(copy);
	return err;
}

static void check_tools(struct doctor *d)
{
	static const struct {
		const char *program, *package, *use;
	} tools[] = {
		{"clang", "clang", "compiles BPF objects"},
		{"llvm-strip", "llvm", "strips BPF objects"},
		{"bpftool", "bpftool", "vmlinux.h"},
		{"bpftrace", "bpftrace", "bpftrace scripts as monitors"},
		{"stress-ng", "stress-ng", "real loads"},
		{"hyperfine", "hyperfine", "the time of real loads"},
		{"gnuplot", "gnuplot-nox", "pictures"},
		{"qemu-system-x86_64", "qemu-system-x86", "the guest: exact lane, kernel matrix"},
	};

	heading(d, "tools");
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		char cure[96];

		snprintf(cure, sizeof(cure), "sudo apt-get install -y --no-install-recommends %s",
			 tools[i].package);
		report(d, tools[i].program, find_in_path(tools[i].program), OPTIONAL, tools[i].use,
		       cure);
	}
}

static void check_noise(struct doctor *d)
{
	FILE *f = fopen("/proc/sys/kernel/bpf_stats_enabled", "re");
	int stats = 0, programs = feature_loaded_programs();

	heading(d, "quiet");
	if (f && fscanf(f, "%d", &stats) != 1)
		stats = 0;
	if (f)
		fclose(f);
	report(d, "bpf_stats off", stats ? -EBUSY : 0, OPTIONAL,
	       "it adds 50-60 ns to each run and biases differences",
	       "sysctl kernel.bpf_stats_enabled=0");
	report(d, "no other BPF programs", programs > 0 ? -EBUSY : 0, OPTIONAL,
	       "they share the tracepoints' cost", "see whose they are: bpftool prog show");
}

int command_doctor(int argc, char *argv[])
{
	struct doctor d = {.full_lane = true};
	struct json_object *o;
	int rest, err;

	err = opt_parse(options, "beebench doctor", argc, argv, &d, &rest, NULL);
	if (err == OPT_HELP) {
		printf("usage: beebench doctor [--json] [--hooks]\nexit code 0: everything 'make "
		       "bench' "
		       "needs is here; 77: not so\n\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (rest < argc) {
		log_err("doctor: unexpected word '%s'", argv[rest]);
		return EXIT_USAGE;
	}
	if (d.hooks)
		return doctor_hooks(d.json);
	d.checks = json_object_new_array();
	check_rights(&d);
	check_programs(&d);
	check_tracepoints(&d);
	check_cgroup(&d);
	check_tools(&d);
	check_noise(&d);
	if (!d.json)
		printf("%s\n",
		       d.full_lane
			       ? "This machine can run everything that 'make bench' measures."
			       : "This machine cannot run the full bench: cure what is 'missing'.");
	o = json_object_new_object();
	record_put_i64(o, "schema", RESULT_SCHEMA);
	record_put_bool(o, "full_lane", d.full_lane);
	record_put(o, "checks", d.checks);
	if (d.json)
		record_put_json(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE,
				stdout);
	json_object_put(o);
	return d.full_lane ? EXIT_OK : EXIT_SKIP;
}
