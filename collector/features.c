/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this kernel lets us do with BPF, each asked by trying it; and tracefs, where it is missing.
 */
#include "lib/base.h"
#include "collector/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/rights.h"
#include "lib/log.h"
#include "lib/why.h"

/* r0 = 0; exit */
static const struct bpf_insn do_nothing[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int silent(enum libbpf_print_level level UNUSED, const char *fmt UNUSED, va_list args UNUSED)
{
	return 0;
}

static int close_or_error(int fd)
{
	int err = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

int feature_bpf(void)
{
	return close_or_error(bpf_map_create(BPF_MAP_TYPE_ARRAY, "bb_probe", 4, 8, 1, NULL));
}

int feature_btf(void)
{
	libbpf_print_fn_t old = libbpf_set_print(silent);
	struct btf *btf = btf__load_vmlinux_btf();
	int err = btf ? 0 : -errno;

	btf__free(btf);
	libbpf_set_print(old);
	return err;
}

int feature_ringbuf(void)
{
	return close_or_error(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bb_probe", 0, 0,
					     (uint32_t)sysconf(_SC_PAGESIZE), NULL));
}

int feature_task_storage(void)
{
	int ret = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL);

	return ret == 1 ? 0 : ret < 0 ? ret : -ENOTSUP;
}

static int load(enum bpf_prog_type type, enum bpf_attach_type attach, const char *btf_name)
{
	libbpf_print_fn_t old = libbpf_set_print(silent);
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int err = 0;

	if (btf_name) {
		int id = libbpf_find_vmlinux_btf_id(btf_name, attach);

		if (id < 0)
			err = id;
		else
			opts.attach_btf_id = (uint32_t)id;
	}
	if (!err)
		err = close_or_error(bpf_prog_load(type, "bb_probe", "Dual BSD/GPL", do_nothing,
						   ARRAY_SIZE(do_nothing), &opts));
	libbpf_set_print(old);
	return err;
}

int feature_program_tracepoint(void)
{
	return load(BPF_PROG_TYPE_TRACEPOINT, 0, NULL);
}

int feature_program_raw_tp(void)
{
	return load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL);
}

int feature_program_tp_btf(void)
{
	return load(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sys_enter");
}

int feature_program_fentry(void)
{
	return load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1");
}

/* int program(ctx) and a static long callback(index, ctx), as bpf_loop() wants it. */
static int types_of_callback(struct btf **out, struct bpf_func_info functions[2])
{
	struct btf *btf = *out = btf__new_empty();
	int number, pointer, program, callback;

	if (!btf)
		return -errno;
	number = btf__add_int(btf, "int", sizeof(int), BTF_INT_SIGNED);
	pointer = btf__add_ptr(btf, 0);
	program = btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "ctx", pointer);
	callback = btf__add_func_proto(btf, number);
	btf__add_func_param(btf, "index", number);
	btf__add_func_param(btf, "ctx", pointer);
	program = btf__add_func(btf, "program", BTF_FUNC_GLOBAL, program);
	callback = btf__add_func(btf, "callback", BTF_FUNC_STATIC, callback);
	if (program < 0 || callback < 0)
		return -EINVAL;
	functions[0].type_id = (uint32_t)program;
	functions[1].type_id = (uint32_t)callback;
	return btf__load_into_kernel(btf);
}

int feature_callback(void)
{
	enum { CALLBACK = 8 }; /* where it begins */
	static const struct bpf_insn code[] = {
		/* r1 = 1; r2 = callback; r3 = 0; r4 = 0; bpf_loop(); r0 = 0; exit */
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1},
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = BPF_REG_2,
		 .src_reg = BPF_PSEUDO_FUNC,
		 .imm = CALLBACK - 2},
		{.code = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_loop},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
		/* callback: r0 = 0; exit */
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct bpf_func_info functions[] = {{.insn_off = 0}, {.insn_off = CALLBACK}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = functions,
		    .func_info_cnt = ARRAY_SIZE(functions),
		    .func_info_rec_size = sizeof(*functions));
	libbpf_print_fn_t old = libbpf_set_print(silent);
	struct btf *btf;
	int err = types_of_callback(&btf, functions);

	if (!err) {
		opts.prog_btf_fd = (uint32_t)btf__fd(btf);
		err = close_or_error(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "bb_probe",
						   "Dual BSD/GPL", code, ARRAY_SIZE(code), &opts));
	}
	btf__free(btf);
	libbpf_set_print(old);
	return err;
}

int feature_kprobe(void)
{
	return access("/sys/bus/event_source/devices/kprobe/type", R_OK) ? -errno : 0;
}

int feature_uprobe(void)
{
	return access("/sys/bus/event_source/devices/uprobe/type", R_OK) ? -errno : 0;
}

int feature_tracepoint(const char *tracefs, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/events/%s/format", tracefs, name);
	return access(path, R_OK) ? -errno : 0;
}

static int count_own(struct perf_event_attr *attr)
{
	uint64_t count = 0;
	int fd, err = 0;

	attr->size = sizeof(*attr);
	fd = (int)syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	syscall(SYS_getppid);
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err = -EIO;
	else if (!count)
		err = -ENODATA;
	close(fd);
	return err;
}

int feature_perf_tracepoint(const char *tracefs)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT};
	unsigned long long id;
	char path[512];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "%s/events/raw_syscalls/sys_enter/id", tracefs);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fscanf(f, "%llu", &id);
	fclose(f);
	if (n != 1)
		return -EINVAL;
	attr.config = id;
	return count_own(&attr);
}

int feature_perf_hardware(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
				       .config = PERF_COUNT_HW_CPU_CYCLES};

	return count_own(&attr);
}

int feature_loaded_programs(void)
{
	uint32_t id = 0;
	int n = 0;

	while (!bpf_prog_get_next_id(id, &id))
		n++;
	return errno == ENOENT ? n : -errno;
}

#define TRACEFS "/sys/kernel/tracing"

/* With what we may do, not with what the user may who started us. */
static int look(const char *path)
{
	return RIGHTS_RAISED(faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) ? errno : 0);
}

int tracefs_ensure(struct strbuf *why)
{
	int err = look(TRACEFS "/events"), other = look("/sys/kernel/debug/tracing/events");

	if (!err || !other)
		return 0;
	if (err == EACCES || other == EACCES) {
		why_err(why, "tracefs at " TRACEFS " is closed to us; run it as root (sudo)");
		return -EPERM;
	}
	if (!mount("tracefs", TRACEFS, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
		log_info("mounted tracefs at " TRACEFS
			 ": without it no tracepoint can be attached");
		return 0;
	}
	err = -errno;
	why_err_sys(why, err,
		    "no tracefs, and it cannot be mounted (mount -t tracefs tracefs " TRACEFS ")");
	return err;
}
