/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the kernel's books about programs and maps. */
#include "lib/base.h"
#include "collector/cost.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

uint64_t cost_of_map(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return bytes;
}

static int cost_of_program(const struct bpf_program *p, struct monitor_program *out)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	*out = (struct monitor_program){0};
	snprintf(out->name, sizeof(out->name), "%s", bpf_program__name(p));
	snprintf(out->section, sizeof(out->section), "%s", bpf_program__section_name(p));
	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &size))
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
		if (bpf_program__fd(p) < 0 || out->nprograms == ARRAY_SIZE(out->programs))
			continue;
		err = cost_of_program(p, &out->programs[out->nprograms]);
		if (err)
			return err;
		out->nprograms++;
	}
	bpf_object__for_each_map (map, obj)
		if (bpf_map__fd(map) >= 0)
			out->map_bytes += cost_of_map(bpf_map__fd(map));
	return 0;
}
