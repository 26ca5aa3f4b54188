/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why an object does not load. libbpf's warnings are kept while it works (object_listen()); of
 * them, the first cause counts, and of the verifier's log the complaint, its instruction and its
 * source line. A person gets the thing by its name, and what cures it.
 */
#include "lib/base.h"
#include "collector/object_error.h"

#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/features.h"
#include "lib/log.h"
#include "lib/why.h"

static __thread struct strbuf heard = STRBUF_INIT; /* warnings only */

static int on_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text = NULL;
	int n = vasprintf(&text, fmt, args);

	if (n < 0)
		return 0;
	if (level == LIBBPF_WARN)
		strbuf_add(&heard, text, (size_t)n);
	if (log_level() >= LOG_DEBUG) {
		while (n && text[n - 1] == '\n')
			text[--n] = '\0';
		log_dbg("%s", text);
	}
	free(text);
	return 0;
}

void object_listen(void)
{
	strbuf_release(&heard);
	libbpf_set_print(on_print);
}

/* A line of the log, without its line feed. */
struct line {
	const char *s;
	size_t n;
};

static bool next_line(const char **at, struct line *l)
{
	if (!**at)
		return false;
	l->s = *at;
	l->n = strcspn(*at, "\n");
	*at += l->n + (l->s[l->n] == '\n');
	return true;
}

static bool starts(const struct line *l, const char *with)
{
	return l->n >= strlen(with) && !strncmp(l->s, with, strlen(with));
}

/* "12: (61) r0 = *(u32 *)(r0 +0)" */
static bool is_instruction(const struct line *l)
{
	size_t digits = strspn(l->s, "0123456789");

	return digits && digits + 3 < l->n && !strncmp(l->s + digits, ": (", 3);
}

/* Statistics, register states, progress: never the reason. */
static bool is_noise(const struct line *l)
{
	static const char *const noise[] = {"processed ",   "verification time",
					    "stack depth",  "from ",
					    "func#",	    "last_idx ",
					    "regs=",	    "parent ",
					    "mark_precise", "--",
					    "libbpf: ",	    "propagating "};
	size_t digits = strspn(l->s, "0123456789");

	if (!l->n)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (starts(l, noise[i]))
			return true;
	/* "0: R1=ctx() R10=fp0", "; R0_w=0": the state of the registers */
	return digits && l->s[digits] == ':' && !is_instruction(l);
}

static void add_line(struct strbuf *out, const struct line *l)
{
	/* The state behind an instruction ("; R0_w=...") is long and says little to most. */
	const char *state = is_instruction(l) ? strstr(l->s, "; R") : NULL;
	size_t n = state && state < l->s + l->n ? (size_t)(state - l->s) : l->n;

	while (n && strchr(" \t\r", l->s[n - 1]))
		n--;
	strbuf_addf(out, "%s    %.*s", out->len ? "\n" : "", (int)n, l->s);
}

void verifier_shorten(const char *log, struct strbuf *out)
{
	struct line l, source = {0}, instruction = {0}, complaint[3];
	size_t n = 0;

	while (next_line(&log, &l)) {
		if (l.n > 1 && l.s[0] == ';') {
			source = l;
			n = 0;
		} else if (is_instruction(&l)) {
			instruction = l;
			n = 0;
		} else if (!is_noise(&l) && n < ARRAY_SIZE(complaint)) {
			complaint[n++] = l;
		}
	}
	if (source.n)
		add_line(out, &source);
	if (instruction.n)
		add_line(out, &instruction);
	for (size_t i = 0; i < n; i++)
		add_line(out, &complaint[i]);
}

const char *object_missing_capabilities(void)
{
	unsigned long long effective = 0;
	char line[256];
	bool bpf, perfmon;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	if (!f)
		return "";
	fclose(f);
	if (effective & (1ULL << CAP_SYS_ADMIN))
		return "";
	bpf = effective & (1ULL << CAP_BPF);
	perfmon = effective & (1ULL << CAP_PERFMON);
	return bpf && perfmon ? ""
	       : bpf	      ? "CAP_PERFMON"
	       : perfmon      ? "CAP_BPF"
			      : "CAP_BPF and CAP_PERFMON";
}

/* --- the first cause ---------------------------------------------------------------------------
 * libbpf warns of what is wrong, and then of all that cannot go on because of it: the first line
 * that is no such consequence is the cause. The causes that people meet are told in our words, with
 * the name of the thing and what cures it; the others are libbpf's.
 */

static bool contains(const struct line *l, const char *what)
{
	return memmem(l->s, l->n, what, strlen(what)) != NULL;
}

static bool is_consequence(const struct line *l)
{
	static const char *const later[] = {
		"failed to load object",     "failed to prepare load",
		"BTF is optional, ignoring", "Retrying without BTF",
		"BPF program load failed: ", "failed to perform CO-RE relo",
	};

	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (contains(l, later[i]))
			return true;
	/* Of ENOTSUPP nothing else is said. */
	return contains(l, "failed to load: ") && !contains(l, "failed to load: -524");
}

/* Without "libbpf: "; empty where nothing was said. The logs between BEGIN and END are not it, nor
 * is what made libbpf print one of the BTF, which it does without. */
static struct line first_cause(void)
{
	static const char mark[] = "libbpf: ";
	const char *at = heard.s;
	struct line l, none = {"", 0};
	bool log = false;

	while (next_line(&at, &l)) {
		if (contains(&l, "-- BEGIN ") || contains(&l, "-- END "))
			log = contains(&l, "-- BEGIN ");
		else if (!log && starts(&l, mark) && !starts(&l, "libbpf: BTF loading error") &&
			 !is_consequence(&l))
			return (struct line){l.s + strlen(mark), l.n - strlen(mark)};
	}
	return none;
}

/* What stands in the first pair of quotes behind @after: a copy, or NULL. */
static char *quoted(const struct line *l, const char *after)
{
	const char *at = memmem(l->s, l->n, after, strlen(after)), *end;

	at = at ? memchr(at, '\'', (size_t)(l->s + l->n - at)) : NULL;
	end = at ? memchr(at + 1, '\'', (size_t)(l->s + l->n - at - 1)) : NULL;
	return end ? strndup(at + 1, (size_t)(end - at - 1)) : NULL;
}

/* What a program of @section stands on, and where its kind is listed. */
static const char *kind_of_place(const char *section, const char **list)
{
	static const struct {
		const char *begin, *kind, *list;
	} kinds[] = {
		{"tp_btf/", "tracepoint", "/sys/kernel/tracing/available_events"},
		{"raw_tp", "tracepoint", "/sys/kernel/tracing/available_events"},
		{"raw_tracepoint", "tracepoint", "/sys/kernel/tracing/available_events"},
		{"iter", "iterator", "bpf_iter_* of bpftool btf dump file /sys/kernel/btf/vmlinux"},
		{"lsm", "hook", "bpf_lsm_* of bpftool btf dump file /sys/kernel/btf/vmlinux"},
		{"f", "traceable function", "/sys/kernel/tracing/available_filter_functions"},
		{"kprobe", "traceable function", "/sys/kernel/tracing/available_filter_functions"},
		{"kretprobe", "traceable function",
		 "/sys/kernel/tracing/available_filter_functions"},
		{"ksyscall", "system call", "/proc/kallsyms"},
		{"kretsyscall", "system call", "/proc/kallsyms"},
	};

	section += *section == '?';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(section, kinds[i].begin, strlen(kinds[i].begin))) {
			*list = kinds[i].list;
			return kinds[i].kind;
		}
	return NULL;
}

/* A trace's place that is not there. */
static bool no_such_place(const struct line *l, const struct bpf_object *obj, struct strbuf *out)
{
	char *program = quoted(l, "prog "), *name = quoted(l, "BTF type ID of ");
	const struct bpf_program *p =
		obj && program ? bpf_object__find_program_by_name(obj, program) : NULL;
	const char *section = p ? bpf_program__section_name(p) : "", *list = NULL;
	const char *kind = kind_of_place(section, &list);

	if (name && kind)
		strbuf_addf(out,
			    "program '%s' is on %s, and this kernel has no %s '%s' (see "
			    "%s); correct the name, or leave the program out with SEC(\"?%s\")",
			    program, section, kind, name, list, section);
	free(program);
	free(name);
	return name && kind;
}

static bool no_such_symbol(const struct line *l, const struct bpf_object *obj UNUSED,
			   struct strbuf *out)
{
	char *name = quoted(l, "extern ");

	if (name)
		strbuf_addf(out,
			    "it needs the kernel's %s '%s', which this kernel has not or does not "
			    "give to BPF (grep %s /proc/kallsyms); declare it __weak to do without",
			    contains(l, "(func ksym)") ? "function" : "symbol", name, name);
	free(name);
	return name;
}

/* libbpf says the same of a symbol without a type. */
static bool no_such_config(const struct line *l, const struct bpf_object *obj, struct strbuf *out)
{
	char *name = quoted(l, "extern ");
	bool config = name && (!strncmp(name, "CONFIG_", 7) || !strncmp(name, "LINUX_", 6));

	if (name && !config) {
		free(name);
		return no_such_symbol(l, obj, out);
	}
	if (name)
		strbuf_addf(out,
			    "it needs the kernel's configuration value %s, which this kernel does "
			    "not say (zgrep %s /proc/config.gz, or /boot/config-*); declare it "
			    "__weak to do without",
			    name, name);
	free(name);
	return name;
}

static bool not_defined(const struct line *l, const struct bpf_object *obj UNUSED,
			struct strbuf *out)
{
	char *name = quoted(l, "extern ");

	if (name)
		strbuf_addf(out,
			    "'%s' is declared and nowhere defined; define it in this file, or say "
			    "where it is: __ksym or __kconfig",
			    name);
	free(name);
	return name;
}

static bool no_such_section(const struct line *l, const struct bpf_object *obj UNUSED,
			    struct strbuf *out)
{
	char *program = quoted(l, "prog "), *section = quoted(l, "section name ");

	if (program && section)
		strbuf_addf(out,
			    "program '%s' is in section '%s', which no kind of program has; it is "
			    "to be as SEC(\"tracepoint/syscalls/sys_enter_mmap\"), "
			    "SEC(\"tp_btf/sys_enter\") or another of libbpf's",
			    program, section);
	free(program);
	free(section);
	return program && section;
}

static bool has_no_key(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER: return true;
	default: return false;
	}
}

static bool is_ring(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF;
}

/* What of a map's declaration the kernel cannot take: the first thing that is seen, or NULL. */
static const char *wrong_of_map(const struct bpf_map *map, const struct line *l)
{
	enum bpf_map_type type = bpf_map__type(map);
	uint32_t n = bpf_map__max_entries(map);

	if (!libbpf_bpf_map_type_str(type))
		return "there is no such kind of map: correct __uint(type, ..)";
	if (!bpf_map__key_size(map) && !has_no_key(type))
		return "its key has no size: declare it with __type(key, ..)";
	if (!bpf_map__value_size(map) && !is_ring(type))
		return "its value has no size: declare it with __type(value, ..)";
	if (!n)
		return "it has no entries: declare how many with __uint(max_entries, ..)";
	if (is_ring(type) && (n & (n - 1) || n % 4096))
		return "a ring's size is a power of two and whole pages: correct "
		       "__uint(max_entries, ..)";
	if (contains(l, "(-12)") || contains(l, "(-7)"))
		return "it is larger than the kernel allows or has memory for: take a smaller "
		       "__uint(max_entries, ..)";
	return "this kernel does not know its kind, its flags or these sizes";
}

static bool no_map(const struct line *l, const struct bpf_object *obj, struct strbuf *out)
{
	char *name = quoted(l, "map ");
	const struct bpf_map *map = obj && name ? bpf_object__find_map_by_name(obj, name) : NULL;
	const char *type = map ? libbpf_bpf_map_type_str(bpf_map__type(map)) : NULL;

	if (map)
		strbuf_addf(out,
			    "map '%s' (%s, key of %u bytes, value of %u, %u entries, flags %#x) "
			    "cannot be made: %s",
			    name, type ? type : "unknown kind", bpf_map__key_size(map),
			    bpf_map__value_size(map), bpf_map__max_entries(map),
			    bpf_map__map_flags(map), wrong_of_map(map, l));
	free(name);
	return map;
}

/* A program that takes the place of another's function. */
static bool no_target(const struct line *l, const struct bpf_object *obj, struct strbuf *out)
{
	char *program = quoted(l, "prog ");
	const struct bpf_program *p =
		obj && program ? bpf_object__find_program_by_name(obj, program) : NULL;

	if (p)
		strbuf_addf(out,
			    "program '%s' is on %s, of another program, which nobody names here; "
			    "leave it out with SEC(\"?%s\")",
			    program, bpf_program__section_name(p), bpf_program__section_name(p));
	free(program);
	return p;
}

/* The kernel knows the kind of program, and has no place for this one. */
static bool not_supported(const struct line *l, const struct bpf_object *obj, struct strbuf *out)
{
	char *program = quoted(l, "prog ");
	const struct bpf_program *p =
		obj && program ? bpf_object__find_program_by_name(obj, program) : NULL;
	const char *section = p ? bpf_program__section_name(p) : "";

	if (p)
		strbuf_addf(out,
			    "program '%s' is on %s, which this kernel cannot load%s; leave it out "
			    "with SEC(\"?%s\")",
			    program, section,
			    strncmp(section, "struct_ops", strlen("struct_ops"))
				    ? ""
				    : " unless a map in SEC(\".struct_ops\") names it",
			    section);
	free(program);
	return p;
}

/* Appends the cause in our words; false: libbpf's have to do. */
static bool known_cause(const struct line *l, const struct bpf_object *obj, struct strbuf *out)
{
	static const struct {
		const char *says;
		bool (*tell)(const struct line *l, const struct bpf_object *obj,
			     struct strbuf *out);
	} causes[] = {
		{"failed to find kernel BTF type ID of '", no_such_place},
		{"(strong): not resolved", no_such_config},
		{"extern (kcfg) '", no_such_config},
		{"extern (func ksym) '", no_such_symbol},
		{"extern (var ksym) '", no_such_symbol},
		{"extern (ksym) '", no_such_symbol},
		{"failed to find BTF for extern '", not_defined},
		{"missing BPF prog type, check ELF section name '", no_such_section},
		{": failed to create: ", no_map},
		{"attach program FD is not set", no_target},
		{"failed to load: -524", not_supported}, /* ENOTSUPP, which no libc knows */
	};

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (contains(l, causes[i].says))
			return causes[i].tell(l, obj, out);
	return false;
}

/* The program the verifier refused and the log between libbpf's marks: copies, or NULL. */
static char *refused_program(void)
{
	const char *at = heard.s;
	struct line l;

	while (next_line(&at, &l))
		if (contains(&l, "-- BEGIN PROG LOAD LOG --") ||
		    contains(&l, "BPF program load failed: "))
			return quoted(&l, "prog ");
	return NULL;
}

static char *refused_log(void)
{
	static const char begin[] = "-- BEGIN PROG LOAD LOG --\n";
	const char *at = strstr(heard.s, begin);
	const char *end = at ? strstr(at, "-- END PROG LOAD LOG --") : NULL;

	return end ? strndup(at + sizeof(begin) - 1, (size_t)(end - at) - sizeof(begin) + 1) : NULL;
}

/* The first has all users of the machine at their own numbers. */
static bool in_user_namespace(void)
{
	unsigned long long inside, outside, n;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool all = !f || (fscanf(f, "%llu %llu %llu", &inside, &outside, &n) == 3 && !inside &&
			  !outside && n == UINT32_MAX);

	if (f)
		fclose(f);
	return !all;
}

static void not_permitted(const char *path, const char *what, struct strbuf *why)
{
	const char *missing = object_missing_capabilities();

	if (*missing)
		why_err(why, "%s: cannot be %s: %s missing; run it as root (sudo)", path, what,
			missing);
	else if (in_user_namespace())
		why_err(why,
			"%s: cannot be %s: this process has its capabilities in a user namespace "
			"alone (/proc/self/uid_map), and the kernel asks for them outside of it; "
			"run it as root of the machine",
			path, what);
	else
		why_err(why,
			"%s: cannot be %s although this process has the capabilities: the kernel "
			"is locked down, or a container's "
			"seccomp filter forbids bpf(2)",
			path, what);
}

int object_explain_load(const char *path, const struct bpf_object *obj, int err, struct strbuf *why)
{
	char *program = refused_program(), *log = refused_log();
	struct strbuf lines = STRBUF_INIT, known = STRBUF_INIT;
	struct line cause = first_cause();
	int ret = -EINVAL;

	if (log)
		verifier_shorten(log, &lines);
	if (lines.len && err != -EPERM) {
		why_err(why,
			"%s: the verifier refused program '%s':\n%s\n    (whole log: run with "
			"--verbose)",
			path, program ? program : "?", lines.s);
		ret = -EACCES;
	} else if (err == -EPERM) {
		not_permitted(path, "loaded", why);
		ret = -EPERM;
	} else if (known_cause(&cause, obj, &known)) {
		why_err(why, "%s: cannot be loaded: %s", path, known.s);
	} else if (err == -ESRCH && feature_btf()) {
		why_err(why,
			"%s: cannot be loaded here: its programs need the kernel's BTF, and this "
			"kernel has none; take one with CONFIG_DEBUG_INFO_BTF=y",
			path);
		ret = -ENOTSUP;
	} else if (program && !cause.n && (err == -EACCES || err == -EINVAL)) {
		why_err(why, "%s: the verifier refused program '%s' without a word", path, program);
		ret = -EACCES;
	} else {
		why_err_sys(why, err, "%s: cannot be loaded: %.*s", path,
			    cause.n ? (int)cause.n : (int)strlen("libbpf does not say why"),
			    cause.n ? cause.s : "libbpf does not say why");
		ret = err;
	}
	free(program);
	free(log);
	strbuf_release(&lines);
	strbuf_release(&known);
	return ret;
}

/* uprobe/FILE:FUNCTION, usdt/FILE:PROVIDER:NAME */
static bool is_of_file(const char *section)
{
	section += *section == '?';
	return !strncmp(section, "uprobe", 6) || !strncmp(section, "uretprobe", 9) ||
	       !strncmp(section, "usdt", 4);
}

static const char *cure_of_file(const struct line *cause)
{
	if (contains(cause, "ambiguous"))
		return "; the file has it in several versions (readelf --dyn-syms lists them); a "
		       "newer libbpf, 1.7 for one, takes FUNCTION@VERSION";
	if (contains(cause, "symbol"))
		return "; correct the function's name (nm -D lists those of a library)";
	if (contains(cause, "open") || contains(cause, "resolve"))
		return "; correct the file's name: a whole path, or one that is found in PATH or "
		       "among the libraries";
	return "";
}

int object_explain_attach(const char *path, const char *name, const char *section, int err)
{
	const char *list = NULL, *kind = kind_of_place(section, &list);
	const char *place = strchr(section, '/');
	struct line cause = first_cause();

	if (err == -EPERM || err == -EACCES)
		not_permitted(path, "attached", NULL);
	else if (is_of_file(section) && cause.n)
		log_err("%s: program '%s' is on %s: %.*s%s", path, name, section, (int)cause.n,
			cause.s, cure_of_file(&cause));
	else if (err == -ENOENT && kind && place)
		log_err("%s: program '%s' is on %s, and this kernel has no %s '%s' (see "
			"%s)",
			path, name, section, kind, place + 1, list);
	else if (err == -ENOENT)
		log_err("%s: program '%s': this kernel has no %s, or tracefs is not mounted (mount "
			"-t tracefs tracefs "
			"/sys/kernel/tracing)",
			path, name, section);
	else
		log_err_sys(err, "%s: program '%s' cannot be attached to %s", path, name, section);
	return err <= -__LIBBPF_ERRNO__START ? -EINVAL : err; /* its own codes are no errno */
}
