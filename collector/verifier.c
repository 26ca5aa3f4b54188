/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verifier's own statistics of an object. */
#include "lib/base.h"
#include "collector/verifier.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

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

int verifier_stats_read(const char *path, struct verifier_stats *out)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;
	char *logs[MAX_PROGRAMS] = {0};
	size_t n = 0;
	int err;

	*out = (struct verifier_stats){0};
	if (!obj) {
		err = -errno;
		log_err_sys(err, "cannot open %s", path);
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
		log_err_sys(err, "the kernel does not load %s", path);
	for (size_t i = 0; i < n; i++) {
		struct verifier_stats one;

		if (!err && verifier_stats_parse(logs[i], &one))
			add_up(out, &one);
		free(logs[i]);
	}
	bpf_object__close(obj);
	return err;
}
