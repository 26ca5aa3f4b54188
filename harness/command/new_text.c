/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a new monitor is made of: one definition, and three monitors that keep to it. */
#include "lib/base.h"
#include "harness/command/new_text.h"

#include <string.h>

#define LICENCE "SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause"

static const char in_c[] =
	"/* " LICENCE " */\n"
	"/* Calls of @CALL@ that ended, by process: those that worked, and those that failed by "
	"error. "
	"*/\n"
	"#include <linux/bpf.h>\n"
	"\n"
	"#include <bpf/bpf_helpers.h>\n"
	"\n"
	"char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";\n"
	"\n"
	"/* Set by the loader: watch this cgroup only; 0 is everything. */\n"
	"const volatile __u64 beebench_cgroup_id = 0;\n"
	"\n"
	"/* /sys/kernel/tracing/events/syscalls/sys_exit_@TRACE@/format */\n"
	"struct sys_exit {\n"
	"\t__u64 common;\n"
	"\t__s64 nr;\n"
	"\t__s64 ret;\n"
	"};\n"
	"\n"
	"struct failure {\n"
	"\t__u32 pid;\n"
	"\t__s32 error;\n"
	"};\n"
	"\n"
	"struct {\n"
	"\t__uint(type, BPF_MAP_TYPE_HASH);\n"
	"\t__uint(max_entries, 10240);\n"
	"\t__type(key, __u32);\n"
	"\t__type(value, __u64);\n"
	"} worked SEC(\".maps\");\n"
	"\n"
	"struct {\n"
	"\t__uint(type, BPF_MAP_TYPE_HASH);\n"
	"\t__uint(max_entries, 10240);\n"
	"\t__type(key, struct failure);\n"
	"\t__type(value, __u64);\n"
	"} failed SEC(\".maps\");\n"
	"\n"
	"static __always_inline void count(void *map, const void *key)\n"
	"{\n"
	"\t__u64 none = 0, *n = bpf_map_lookup_elem(map, key);\n"
	"\n"
	"\tif (!n) {\n"
	"\t\tbpf_map_update_elem(map, key, &none, BPF_NOEXIST);\n"
	"\t\tn = bpf_map_lookup_elem(map, key);\n"
	"\t}\n"
	"\tif (n)\n"
	"\t\t__sync_fetch_and_add(n, 1);\n"
	"}\n"
	"\n"
	"SEC(\"tracepoint/syscalls/sys_exit_@TRACE@\")\n"
	"int on_exit(struct sys_exit *ctx)\n"
	"{\n"
	"\tstruct failure f = {.pid = bpf_get_current_pid_tgid() >> 32, .error = ctx->ret};\n"
	"\n"
	"\tif (beebench_cgroup_id && bpf_get_current_cgroup_id() != beebench_cgroup_id)\n"
	"\t\treturn 0;\n"
	"\tif (ctx->ret < 0)\n"
	"\t\tcount(&failed, &f);\n"
	"\telse\n"
	"\t\tcount(&worked, &f.pid);\n"
	"\treturn 0;\n"
	"}\n";

static const char in_honey[] =
	"# " LICENCE "\n"
	"# Calls of @CALL@ that ended, by process: those that worked, and those that failed by "
	"error.\n"
	"defmodule @MODULE@ do\n"
	"  use Honey, license: \"Dual BSD/GPL\"\n"
	"\n"
	"  # Set by the loader: watch this cgroup only; 0 is everything.\n"
	"  defparam(:beebench_cgroup_id, :u64, 0)\n"
	"\n"
	"  defstruct :failure do\n"
	"    field(:pid, :u32)\n"
	"    field(:error, :s32)\n"
	"  end\n"
	"\n"
	"  defstruct :calls do\n"
	"    field(:n, :u64)\n"
	"  end\n"
	"\n"
	"  # Each processor has counters of its own: no two of them add to one at the same time.\n"
	"  defmap(:worked, :bpf_percpu_hash, max_entries: 10240, key_type: :u32, value_type: "
	":calls)\n"
	"  defmap(:failed, :bpf_percpu_hash, max_entries: 10240, key_type: :failure, value_type: "
	":calls)\n"
	"\n"
	"  @sec \"tracepoint/syscalls/sys_exit_@TRACE@\"\n"
	"  def on_exit(ctx) do\n"
	"    pid = Honey.BpfHelpers.bpf_get_current_pid_tgid() >>> 32\n"
	"\n"
	"    cond do\n"
	"      beebench_cgroup_id != 0 and\n"
	"          Honey.BpfHelpers.bpf_get_current_cgroup_id() != beebench_cgroup_id ->\n"
	"        0\n"
	"\n"
	"      ctx.ret < 0 ->\n"
	"        count(:failed, %failure{pid: pid, error: ctx.ret})\n"
	"\n"
	"      true ->\n"
	"        count(:worked, pid)\n"
	"    end\n"
	"  end\n"
	"\n"
	"  # A key that another processor puts there first is found at the second look.\n"
	"  defp count(map, key) do\n"
	"    if Honey.BpfHelpers.bpf_map_lookup_elem(map, key) == nil do\n"
	"      Honey.BpfHelpers.bpf_map_update_elem(map, key, %calls{n: 0}, :bpf_noexist)\n"
	"    end\n"
	"\n"
	"    c = Honey.BpfHelpers.bpf_map_lookup_elem(map, key)\n"
	"\n"
	"    if c != nil do\n"
	"      c.n = c.n + 1\n"
	"    end\n"
	"\n"
	"    0\n"
	"  end\n"
	"end\n";

#define PROBES                                                                                     \
	"tracepoint:syscalls:sys_exit_@TRACE@\n"                                                   \
	"/args->ret >= 0/\n"                                                                       \
	"{\n"                                                                                      \
	"\t@worked[pid] = count();\n"                                                              \
	"}\n"                                                                                      \
	"\n"                                                                                       \
	"tracepoint:syscalls:sys_exit_@TRACE@\n"                                                   \
	"/args->ret < 0/\n"                                                                        \
	"{\n"                                                                                      \
	"\t@failed[pid, args->ret] = count();\n"                                                   \
	"}\n"

static const char in_bpftrace[] =
	"// " LICENCE "\n"
	"// Calls of @CALL@ that ended, by process: those that worked, and those that failed by "
	"error.\n" PROBES;

static const char means[] =
	"// " LICENCE "\n"
	"// What the maps of @NAME@ mean: beebench verify holds them to it, key by key.\n" PROBES;

static const char manifest[] =
	"{\n"
	"  \"schema\": 1,\n"
	"  \"means\": \"@NAME@.means.bt\",\n"
	"  \"counters\": {\n"
	"    \"@worked\": {\"map\": \"worked\"},\n"
	"    \"@failed\": {\"map\": \"failed\", \"key\": [\"pid\", \"error\"]}\n"
	"  }\n"
	"}\n";

static const char makefile[] = "# " LICENCE "\n"
			       "# make: @NAME@.bpf.o. Needs clang and the headers of libbpf.\n"
			       "CLANG ?= clang\n"
			       "# Where Debian keeps the headers that depend on the processor.\n"
			       "HEADERS := $(wildcard /usr/include/$(shell uname -m)-linux-gnu)\n"
			       "\n"
			       "@NAME@.bpf.o: @NAME@.bpf.c\n"
			       "\t$(CLANG) -O2 -g -Wall -target bpf $(HEADERS:%=-I%) -c -o $@ $<\n"
			       "\n"
			       "clean:\n"
			       "\trm -f @NAME@.bpf.o\n"
			       ".PHONY: clean\n";

const struct new_file new_files[] = {
	{"@NAME@.bpf.c", "the monitor in C", in_c},
	{"@NAME@.ex", "the same in Honey", in_honey},
	{"@NAME@.bt", "the same in bpftrace", in_bpftrace},
	{"@NAME@.means.bt", "what its figures mean", means},
	{"@NAME@.manifest.json", "which map is which figure", manifest},
	{"Makefile", "make -C @NAME@ gives @NAME@/@NAME@.bpf.o", makefile},
};
const size_t new_file_count = ARRAY_SIZE(new_files);

void new_names_make(struct new_names *out, const char *name, const char *call, const char *trace)
{
	size_t n = 0;
	bool first = true;

	*out = (struct new_names){.name = name, .call = call, .trace = trace};
	for (; *name && n + 1 < sizeof(out->module); name++) {
		if (*name != '_')
			out->module[n++] =
				(char)(first && *name >= 'a' ? *name - 'a' + 'A' : *name);
		first = *name == '_';
	}
}

void new_fill(struct strbuf *out, const char *text, const struct new_names *names)
{
	const struct {
		const char *place, *name;
	} places[] = {
		{"@NAME@", names->name},
		{"@MODULE@", names->module},
		{"@CALL@", names->call},
		{"@TRACE@", names->trace},
	};

	while (*text) {
		size_t i = 0, len = 1;

		while (i < ARRAY_SIZE(places) &&
		       strncmp(text, places[i].place, strlen(places[i].place)) != 0)
			i++;
		if (i < ARRAY_SIZE(places)) {
			strbuf_addstr(out, places[i].name);
			len = strlen(places[i].place);
		} else {
			strbuf_addch(out, *text);
		}
		text += len;
	}
}
