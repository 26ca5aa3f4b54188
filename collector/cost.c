/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the kernel's books about programs and maps, and the verifier's own statistics. */
#include "lib/base.h"
#include "collector/cost.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/procfs.h"
#include "lib/why.h"
#include "collector/program.h"

static int cost_of_program(const struct bpf_program *p, struct monitor_program *out)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	*out = (struct monitor_program){0};
	snprintf(out->name, sizeof(out->name), "%s", bpf_program__name(p));
	snprintf(out->section, sizeof(out->section), "%s", bpf_program__section_name(p));
	if (bpf_obj_get_info_by_fd(program_fd(p), &info, &size))
		return -errno;
	out->run_cnt = info.run_cnt;
	out->run_time_ns = info.run_time_ns;
	out->recursion_misses = info.recursion_misses;
	out->xlated_bytes = info.xlated_prog_len;
	out->jited_bytes = info.jited_prog_len;
	out->verified_insns = info.verified_insns;
	return 0;
}

int cost_of_object(const struct bpf_object *obj, struct monitor_cost *out)
{
	struct bpf_program *p;
	const struct bpf_map *map;
	int err = 0;

	out->nprograms = 0;
	out->map_bytes = 0;
	bpf_object__for_each_program (p, obj) {
		if (program_fd(p) < 0 || out->nprograms == ARRAY_SIZE(out->programs))
			continue;
		err = cost_of_program(p, &out->programs[out->nprograms]);
		if (err)
			return err;
		out->nprograms++;
	}
	bpf_object__for_each_map (map, obj)
		if (bpf_map__fd(map) >= 0)
			out->map_bytes += procfs_map_bytes(bpf_map__fd(map));
	return 0;
}

enum { LOG_STATS = 4, LOG_BYTES = 4096, MAX_PROGRAMS = 64 };

bool verifier_stats_parse(const char *log, struct verifier_stats *out)
{
	const char *processed = strstr(log, "processed "), *depth = strstr(log, "stack depth ");
	unsigned long long insns, states;
	unsigned int bytes = 0;

	if (!processed || sscanf(processed, "processed %llu insns", &insns) != 1)
		return false;
	processed = strstr(processed, "total_states ");
	if (!processed || sscanf(processed, "total_states %llu", &states) != 1)
		return false;
	out->programs = 1;
	out->processed_insns = insns;
	out->total_states = states;
	/* "stack depth 64+32": one figure for each subprogram on the way. */
	for (depth = depth ? depth + strlen("stack depth ") : ""; *depth >= '0' && *depth <= '9';) {
		char *end;

		bytes += (unsigned int)strtoul(depth, &end, 10);
		depth = *end == '+' ? end + 1 : end;
	}
	out->stack_bytes = bytes;
	return true;
}

static void add_up(struct verifier_stats *sum, const struct verifier_stats *one)
{
	sum->programs += one->programs;
	sum->processed_insns += one->processed_insns;
	sum->total_states += one->total_states;
	sum->stack_bytes = MAX(sum->stack_bytes, one->stack_bytes);
}

int verifier_stats_read(const char *path, struct verifier_stats *out, struct strbuf *why)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;
	char *logs[MAX_PROGRAMS] = {0};
	size_t n = 0;
	int err;

	*out = (struct verifier_stats){0};
	if (!obj) {
		err = -errno;
		why_err_sys(why, err, "cannot open %s", path);
		return err;
	}
	bpf_object__for_each_program (prog, obj) {
		if (n == MAX_PROGRAMS)
			break;
		logs[n] = calloc(1, LOG_BYTES);
		if (!logs[n])
			break;
		bpf_program__set_log_level(prog, LOG_STATS);
		bpf_program__set_log_buf(prog, logs[n++], LOG_BYTES);
	}
	err = bpf_object__load(obj);
	if (err)
		why_err_sys(why, err, "the kernel does not load %s", path);
	for (size_t i = 0; i < n; i++) {
		struct verifier_stats one;

		if (!err && verifier_stats_parse(logs[i], &one))
			add_up(out, &one);
		free(logs[i]);
	}
	bpf_object__close(obj);
	return err;
}
