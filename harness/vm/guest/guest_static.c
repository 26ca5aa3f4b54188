/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends what the kernel's books and its verifier say of an object that is loaded. */
#include "lib/base.h"
#include "harness/vm/guest/guest_static.h"

#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness/vm/guest/guest_channel.h"
#include "lib/procfs.h"
#include "lib/strbuf.h"

enum { LOG_STATS = 4, LOG_BYTES = 4096 };

void guest_static_ask(struct bpf_object *obj, struct guest_logs *logs)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, obj) {
		char *log = logs->n < GUEST_MAX_LOGS ? calloc(1, LOG_BYTES) : NULL;

		if (!log)
			break;
		bpf_program__set_log_level(prog, LOG_STATS);
		bpf_program__set_log_buf(prog, log, LOG_BYTES);
		logs->log[logs->n++] = log;
	}
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

void guest_static_send(struct bpf_object *obj, const struct guest_logs *logs, int index)
{
	struct strbuf line = STRBUF_INIT;
	unsigned long long bytes = 0;
	struct bpf_program *prog;
	struct bpf_map *map;
	size_t i = 0;

	if (!logs->n)
		return;
	bpf_object__for_each_map (map, obj)
		if (bpf_map__fd(map) >= 0)
			bytes += procfs_map_bytes(bpf_map__fd(map));
	strbuf_addf(&line, "{\"arm\":\"static\",\"object\":%d,\"map_bytes\":%llu,\"programs\":[",
		    index, bytes);
	bpf_object__for_each_program (prog, obj) {
		if (i == logs->n)
			break;
		if (bpf_program__fd(prog) >= 0)
			add_program(&line, prog, logs->log[i]);
		i++;
	}
	strbuf_addstr(&line, "]}");
	guest_send(VM_RECORD, line.s, line.len);
	strbuf_release(&line);
}

void guest_static_forget(struct guest_logs *logs)
{
	while (logs->n)
		free(logs->log[--logs->n]);
}
