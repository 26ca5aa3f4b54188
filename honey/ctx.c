/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sections and the fields of their contexts. For a tracepoint the first that knows it wins: the
 * table here (so that the common ones compile the same everywhere), the kernel's BTF, tracefs.
 * Fields from the first two are fixed up by libbpf at load time (CO-RE); those of tracefs are this
 * kernel's offsets.
 */
#include "lib/base.h"
#include "honey/ctx.h"

#include <stdlib.h>
#include <string.h>

#include "honey/diag.h"
#include "honey/helpers.h"
#include "honey/honey.h"
#include "honey/processor.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"

/* The kernel's include/uapi/linux/bpf.h: these do not change. */
#define XDP_FIELDS                                                                                 \
	"data:u32,data_end:u32,data_meta:u32,ingress_ifindex:u32,rx_queue_index:u32,"              \
	"egress_ifindex:u32"
#define SKB_FIELDS                                                                                 \
	"len:u32,pkt_type:u32,mark:u32,queue_mapping:u32,protocol:u32,vlan_present:u32,"           \
	"vlan_tci:u32,vlan_proto:u32,priority:u32,ingress_ifindex:u32,ifindex:u32,tc_index:u32,"   \
	"hash:u32,tc_classid:u32,data:u32,data_end:u32,napi_id:u32,family:u32,remote_ip4:u32,"     \
	"local_ip4:u32,remote_port:u32,local_port:u32"

static const struct {
	const char *prefix; /* what ends in '/' takes a rest */
	enum ctx_kind ctx;
	unsigned int progs;
	const char *c_struct,
		*fields; /* of an opaque context; the fields where no BTF tells them */
} kinds[] = {
	{"tracepoint/", CTX_TRACEPOINT, PROG_TRACE},
	{"tp/", CTX_TRACEPOINT, PROG_TRACE},
	{"raw_tracepoint/", CTX_ARGS_STRUCT, PROG_TRACE},
	{"raw_tp/", CTX_ARGS_STRUCT, PROG_TRACE},
	{"tp_btf/", CTX_ARGS_ARRAY, PROG_TRACE},
	{"fentry/", CTX_ARGS_ARRAY, PROG_TRACE},
	{"fexit/", CTX_ARGS_ARRAY, PROG_TRACE},
	{"kprobe/", CTX_OPAQUE, PROG_TRACE, "pt_regs", ""},
	{"kretprobe/", CTX_OPAQUE, PROG_TRACE, "pt_regs", ""},
	{"uprobe/", CTX_OPAQUE, PROG_TRACE, "pt_regs", ""},
	{"uretprobe/", CTX_OPAQUE, PROG_TRACE, "pt_regs", ""},
	{"usdt/", CTX_OPAQUE, PROG_TRACE, "pt_regs", ""},
	{"perf_event", CTX_OPAQUE, PROG_TRACE, "bpf_perf_event_data", "sample_period:u64,addr:u64"},
	{"xdp", CTX_OPAQUE, PROG_NET, "xdp_md", XDP_FIELDS},
	{"xdp_md", CTX_OPAQUE, PROG_NET, "xdp_md", XDP_FIELDS}, /* Honey Potion's word */
	{"lsm/", CTX_ARGS_ARRAY, PROG_TRACE},
	{"tc", CTX_OPAQUE, PROG_NET, "__sk_buff", SKB_FIELDS},
	{"socket", CTX_OPAQUE, PROG_NET, "__sk_buff", SKB_FIELDS},
	{"cgroup_skb/ingress", CTX_OPAQUE, PROG_NET, "__sk_buff", SKB_FIELDS},
	{"cgroup_skb/egress", CTX_OPAQUE, PROG_NET, "__sk_buff", SKB_FIELDS},
};

/* Events whose records are the same on every kernel from 5.4 on: the structs' names are the
 * kernel's (include/trace/events/{sched,syscalls}.h). */
static const struct {
	const char *event, *c_struct, *fields; /* name:type, ...; cN: a string of N bytes */
} events[] = {
	{"sched/sched_switch", "trace_event_raw_sched_switch",
	 "prev_comm:c16,prev_pid:s32,prev_prio:s32,prev_state:s64,next_comm:c16,next_pid:s32,"
	 "next_prio:s32"},
	{"sched/sched_process_fork", "trace_event_raw_sched_process_fork",
	 "parent_pid:s32,child_pid:s32"},
	{"sched/sched_process_exec", "trace_event_raw_sched_process_exec", "pid:s32,old_pid:s32"},
	{"raw_syscalls/sys_enter", "trace_event_raw_sys_enter", "id:s64"},
	{"raw_syscalls/sys_exit", "trace_event_raw_sys_exit", "id:s64,ret:s64"},
	{"syscalls/sys_exit_", "trace_event_raw_sys_exit", "id:s64,ret:s64"},
	{"syscalls/sys_enter_", "trace_event_raw_sys_enter", "id:s64"},
};

/* Names of the arguments of the system calls that monitors of memory and of files watch: those of
 * the events' tracefs formats, which are those of SYSCALL_DEFINE in the kernel. */
static const struct {
	const char *call, *args;
} syscalls[] = {
	{"mmap", "addr,len,prot,flags,fd,off"},
	{"munmap", "addr,len"},
	{"brk", "brk"},
	{"mremap", "addr,old_len,new_len,flags,new_addr"},
	{"mprotect", "start,len,prot"},
	{"madvise", "start,len_in,behavior"},
	{"read", "fd,buf,count"},
	{"write", "fd,buf,count"},
	{"close", "fd"},
	{"openat", "dfd,filename,flags,mode"},
	{"kill", "pid,sig"},
	{"execve", "filename,argv,envp"},
};

static struct type *parse_type(struct honey *h, const char *s)
{
	unsigned int bits = (unsigned int)strtoul(s + 1, NULL, 10);

	if (*s == 'c')
		return type_array(h, type_int(h, 8, false), bits, true);
	return type_int(h, bits, *s == 's');
}

static void add_field(struct honey *h, struct section *s, const char *name, struct type *type,
		      uint32_t offset)
{
	struct ctx_field f = {name, type, offset, type_size(type)};

	arena_push(&h->arena, s->fields, s->n_fields, f);
}

/* "a:s32,b:u64": offsets do not matter, CO-RE finds them; they keep the order. */
static void add_fields(struct honey *h, struct section *s, const char *list)
{
	char *copy = arena_strdup(&h->arena, list), *save = NULL;

	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		char *colon = strchr(w, ':');

		*colon = '\0';
		add_field(h, s, w, parse_type(h, colon + 1), s->n_fields);
	}
}

/* Named arguments of a system call: ctx.len is ctx.args[1]. Their offset is the index. */
static void add_syscall_args(struct honey *h, struct section *s, const char *list)
{
	char *copy = arena_strdup(&h->arena, list), *save = NULL;
	uint32_t i = 0;

	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save))
		add_field(h, s, w, &h->types.args, i++);
}

int tracefs_parse_format(struct honey *h, const char *text, struct ctx_field **out)
{
	const char *p = text;
	int n = 0;

	*out = NULL;
	while ((p = strstr(p, "field:"))) {
		char decl[128], *name, *bracket;
		unsigned int offset, size, sgn = 0;
		unsigned int count = 1;
		struct ctx_field f;
		struct type *type;

		p += 6;
		if (sscanf(p, "%127[^;]; offset:%u; size:%u; signed:%u", decl, &offset, &size,
			   &sgn) < 3)
			continue;
		bracket = strchr(decl, '[');
		if (bracket) {
			count = (unsigned int)strtoul(bracket + 1, NULL, 10);
			*bracket = '\0';
		}
		name = strrchr(decl, ' ');
		if (!name || !name[1] || strstr(decl, "__data_loc") || size > 65536 ||
		    offset > 65536 || !size || !count || size % count)
			continue;
		name++;
		if (!strncmp(name, "common_", 7))
			continue;
		size /= count;
		if (size != 1 && size != 2 && size != 4 && size != 8)
			continue;
		type = type_int(h, size * 8, sgn);
		if (bracket)
			type = type_array(h, type, count, size == 1);
		f = (struct ctx_field){arena_strdup(&h->arena, name), type, offset,
				       type_size(type)};
		arena_push(&h->arena, *out, n, f);
	}
	return n;
}

static int tracefs_fields(struct honey *h, const char *event, struct ctx_field **out)
{
	struct strbuf sb = STRBUF_INIT;
	const char *root = h->opt.tracefs ? h->opt.tracefs : "/sys/kernel/tracing";
	int n = strbuf_read_file(&sb, fmt(h, "%s/events/%s/format", root, event));

	if (!n)
		n = tracefs_parse_format(h, sb.s, out);
	strbuf_release(&sb);
	return n;
}

static const char *btf_path(const struct honey *h)
{
	const char *env = getenv("VMLINUX_BTF");

	return h->opt.btf ? h->opt.btf : env && *env ? env : "/sys/kernel/btf/vmlinux";
}

/* Every system call's record is the same but for the names of its arguments. */
static void fill_syscall(struct honey *h, struct section *s, const char *call)
{
	struct ctx_field *fields;
	int n;

	for (size_t i = 0; i < ARRAY_SIZE(syscalls); i++) {
		if (!strcmp(syscalls[i].call, call)) {
			add_syscall_args(h, s, syscalls[i].args);
			return;
		}
	}
	n = tracefs_fields(h, fmt(h, "syscalls/sys_enter_%s", call), &fields);
	for (int i = 0; i < n; i++)
		if (fields[i].offset >= 16 && fields[i].offset % 8 == 0 && fields[i].offset < 64)
			add_field(h, s, fields[i].name, &h->types.args,
				  (fields[i].offset - 16) / 8);
}

static bool fill_builtin(struct honey *h, struct section *s, const char *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		size_t len = strlen(events[i].event);
		bool prefix = events[i].event[len - 1] == '_';

		if (strncmp(event, events[i].event, len) || (!prefix && event[len]))
			continue;
		s->c_struct = events[i].c_struct;
		s->core = true;
		add_fields(h, s, events[i].fields);
		if (!strcmp(s->c_struct, "trace_event_raw_sys_enter"))
			s->n_args = 6;
		if (prefix && s->n_args)
			fill_syscall(h, s, event + len);
		return true;
	}
	return false;
}

static void fill_tracepoint(struct honey *h, struct section *s, const char *event)
{
	const char *slash = strchr(event, '/');
	int n;

	s->c_struct = NULL;
	if (fill_builtin(h, s, event))
		return;
	n = slash ? btf_struct_fields(h, btf_path(h), fmt(h, "trace_event_raw_%s", slash + 1),
				      &s->fields)
		  : -ENOENT;
	if (n > 0) {
		s->core = true;
		s->c_struct = fmt(h, "trace_event_raw_%s", slash + 1);
	} else {
		n = tracefs_fields(h, event, &s->fields);
		s->c_struct = n > 0 ? fmt(h, "%s_ctx", slash + 1) : NULL;
	}
	s->n_fields = n > 0 ? (uint32_t)n : 0;
	s->no_fields_known = n <= 0;
}

/* A context that is a struct of the kernel's: its table here, or its BTF. */
static void fill_struct(struct honey *h, struct section *s, const char *c_struct,
			const char *fields)
{
	int n = 0;

	if (*fields)
		add_fields(h, s, fields);
	else
		n = btf_struct_fields(h, btf_path(h), c_struct, &s->fields);
	if (n > 0)
		s->n_fields = (uint32_t)n;
	s->core = true;
	s->c_struct = s->n_fields ? c_struct : NULL;
	s->no_fields_known = !s->n_fields;
}

/* The arguments of the function by their names, beside ctx.args[i]. */
static void fill_arguments(struct honey *h, struct section *s, const char *func)
{
	const char *name = fmt(h, !strcmp(s->kind, "lsm/") ? "bpf_lsm_%s" : "%s", func);
	struct ctx_field *args;
	int n = strcmp(s->kind, "tp_btf/") ? btf_func_args(h, btf_path(h), name, &args) : 0;

	for (int i = 0; i < n && i < (int)s->n_args; i++)
		if (*args[i].name)
			add_field(h, s, args[i].name, &h->types.args, (uint32_t)i);
}

static const char *near_section(struct honey *h, const char *sec)
{
	const char *names[ARRAY_SIZE(kinds)], *slash = strchr(sec, '/'), *near;
	const char *word = slash ? fmt(h, "%.*s/", (int)(slash - sec), sec) : sec;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		names[i] = kinds[i].prefix;
	near = suggest_nearest(word, names, ARRAY_SIZE(names));
	if (!near)
		return "sections begin with tracepoint/, raw_tp/, tp_btf/, kprobe/, uprobe/, "
		       "perf_event, xdp, tc (docs/honey.md has all)";
	return fmt(h, "did you mean \"%s%s\"?", near, slash ? slash + 1 : "");
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == '"' || *s == '\\' ||
		    (unsigned char)*s >= 0x7f)
			return true;
	return false;
}

static bool is_mmap_enter(const char *sec)
{
	const char *slash = strchr(sec, '/');

	return (!strncmp(sec, "tracepoint/", 11) || !strncmp(sec, "tp/", 3)) &&
	       !strcmp(slash + 1, "syscalls/sys_enter_mmap");
}

const struct section *ctx_section(struct honey *h, const char *sec, struct span span)
{
	struct section *s = arena_new(&h->arena, struct section);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);
		bool rest = kinds[i].prefix[len - 1] == '/';

		if (has_control(sec) || strncmp(sec, kinds[i].prefix, len) ||
		    (rest ? !sec[len] : sec[len] != '\0'))
			continue;
		s->text = s->sec = sec;
		if (h->opt.processor->mmap_block && is_mmap_enter(sec)) {
			s->sec = "tracepoint/syscalls/sys_enter_old_mmap";
			s->mmap_block = true;
		}
		s->kind = kinds[i].prefix;
		s->ctx = kinds[i].ctx;
		s->progs = kinds[i].progs;
		if (s->ctx == CTX_TRACEPOINT && !strchr(sec + len, '/')) {
			diag_at(h, H018, span,
				"write \"tracepoint/CATEGORY/EVENT\", such as "
				"\"tracepoint/sched/sched_switch\"",
				"a tracepoint has a category and an event");
			return NULL;
		}
		if (s->ctx == CTX_TRACEPOINT)
			fill_tracepoint(h, s, sec + len);
		if (s->ctx == CTX_ARGS_STRUCT || s->ctx == CTX_ARGS_ARRAY)
			s->n_args = 12;
		if (s->ctx == CTX_ARGS_ARRAY)
			fill_arguments(h, s, sec + len);
		if (kinds[i].c_struct)
			fill_struct(h, s, kinds[i].c_struct, kinds[i].fields);
		if (!strcmp(sec, "xdp_md"))
			s->text = s->sec = "xdp"; /* as libbpf 1 calls it */
		s->used = arena_array(&h->arena, bool, s->n_fields + 1);
		return s;
	}
	diag_at(h, H018, span, near_section(h, sec), "no kind of program has the section \"%s\"",
		sec);
	return NULL;
}

void ctx_use(const struct section *s, const char *name)
{
	const struct ctx_field *f = ctx_find(s, name);

	((struct section *)s)->touched = true;
	if (f)
		s->used[f - s->fields] = true;
}

const struct ctx_field *ctx_find(const struct section *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_fields; i++)
		if (!strcmp(s->fields[i].name, name))
			return &s->fields[i];
	return NULL;
}
