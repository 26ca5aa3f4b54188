/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads an object in the guest and sends what the kernel's books and its verifier say of it. */
#include "lib/base.h"
#include "vm/guest_static.h"

#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "vm/guest_channel.h"

enum { LOG_STATS = 4, LOG_BYTES = 4096, MAX_PROGRAMS = 64 };

/* Bytes of a map as /proc/self/fdinfo has them. */
static unsigned long long map_bytes(int fd)
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

/* The verifier writes a program's statistics into the buffer that is set for it here. */
static size_t ask_for_logs(struct bpf_object *obj, char *logs[MAX_PROGRAMS])
{
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program (prog, obj) {
		if (n == MAX_PROGRAMS)
			break;
		logs[n] = calloc(1, LOG_BYTES);
		if (!logs[n])
			break;
		bpf_program__set_log_level(prog, LOG_STATS);
		bpf_program__set_log_buf(prog, logs[n++], LOG_BYTES);
	}
	return n;
}

static void add_program(struct strbuf *line, const struct bpf_program *prog, const char *log)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
		return;
	if (line->s[line->len - 1] == '}')
		strbuf_addch(line, ',');
	strbuf_addf(line, "{\"xlated_bytes\":%u,\"jited_bytes\":%u,\"log\":", info.xlated_prog_len,
		    info.jited_prog_len);
	guest_json_string(line, log);
	strbuf_addch(line, '}');
}

static void send_books(struct bpf_object *obj, char *logs[], size_t nlogs, int index)
{
	struct strbuf line = STRBUF_INIT;
	unsigned long long bytes = 0;
	struct bpf_program *prog;
	struct bpf_map *map;
	size_t i = 0;

	bpf_object__for_each_map (map, obj)
		if (bpf_map__fd(map) >= 0)
			bytes += map_bytes(bpf_map__fd(map));
	strbuf_addf(&line, "{\"arm\":\"static\",\"object\":%d,\"map_bytes\":%llu,\"programs\":[",
		    index, bytes);
	bpf_object__for_each_program (prog, obj) {
		if (i == nlogs)
			break;
		if (bpf_program__fd(prog) >= 0)
			add_program(&line, prog, logs[i]);
		i++;
	}
	strbuf_addstr(&line, "]}");
	guest_send(VM_RECORD, line.s, line.len);
	strbuf_release(&line);
}

void guest_static(const char *path, int index)
{
	struct bpf_object *obj = bpf_object__open(path);
	char *logs[MAX_PROGRAMS] = {0};
	size_t n;

	if (!obj)
		return;
	n = ask_for_logs(obj, logs);
	if (!bpf_object__load(obj))
		send_books(obj, logs, n, index);
	for (size_t i = 0; i < n; i++)
		free(logs[i]);
	bpf_object__close(obj);
}
