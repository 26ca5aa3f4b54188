/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table is text, a row for each syscall; a row's number is what the C library's headers say,
 * and one that they do not know keeps the name of the macro there, which is no number. What a
 * format file says of an argument comes to the same: how many of its 8 bytes bpftrace reads.
 */
#include "lib/base.h"
#include "harness/definition/syscalls.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "lib/strbuf.h"

#define TEXT(x)	 TEXT_(x)
#define TEXT_(x) #x

static const struct row {
	const char *name, *nr, *args;
} rows[] = {
#define SYSCALL(name, call, args) {#name, TEXT(SYS_##call), args},
#include "harness/definition/syscalls.def"
#undef SYSCALL
};

/* C types of less than a register, as bpftrace 0.17 reads them; all others have 8 bytes there. */
static const struct narrow {
	const char *type;
	uint8_t bytes;
	bool is_signed;
} narrow_types[] = {
	{"umode_t", 2, false},	   {"qid_t", 4, false}, {"__u32", 4, false}, {"__s32", 4, true},
	{"clockid_t", 4, true},	   {"key_t", 4, true},	{"mqd_t", 4, true},  {"timer_t", 4, true},
	{"key_serial_t", 4, true}, {"rwf_t", 4, true},
};
static const char *const signed_types[] = {"int", "short", "char", "long", "off_t", "loff_t"};

static long row_number(const struct row *r)
{
	return r->nr[0] >= '0' && r->nr[0] <= '9' ? strtol(r->nr, NULL, 10) : -1;
}

const char *syscall_by_nr(long nr)
{
	for (size_t i = 0; nr >= 0 && i < ARRAY_SIZE(rows); i++)
		if (row_number(&rows[i]) == nr)
			return rows[i].name;
	return NULL;
}

static const struct row *row_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

long syscall_number(const char *name)
{
	const struct row *r = row_of(name);

	return r ? row_number(r) : -1;
}

static struct syscall_arg *add_arg(struct syscall_info *info, const char *name, size_t len)
{
	struct syscall_arg *a;

	if (info->nargs == ARRAY_SIZE(info->args) || !len || len >= sizeof(a->name))
		return NULL;
	a = &info->args[info->nargs++];
	memcpy(a->name, name, len);
	a->bytes = 8;
	return a;
}

/* "s64 dfd, str filename" */
static void from_row(struct syscall_info *info, const struct row *r)
{
	for (const char *s = r->args; *s;) {
		size_t len = strcspn(s, ","), kind = strcspn(s, " ");
		struct syscall_arg *a = add_arg(info, s + kind + 1, len - kind - 1);

		if (!a)
			return;
		a->text = !strncmp(s, "str", kind);
		a->pointer = a->text || !strncmp(s, "ptr", kind);
		if (!a->pointer)
			a->bytes = (uint8_t)(strtoul(s + 1, NULL, 10) / 8);
		a->is_signed = !a->pointer && *s == 's';
		s += len + strspn(s + len, ", ");
	}
}

/* The argument of type @type: "const char *". */
static void set_type(struct syscall_arg *a, const char *type, size_t len)
{
	bool constant = len > 6 && !strncmp(type, "const ", 6);

	a->pointer = memchr(type, '*', len) != NULL;
	if (constant) {
		type += 6;
		len -= 6;
	}
	a->text = a->pointer && len == 6 && !strncmp(type, "char *", len);
	if (a->pointer)
		return;
	/* bpftrace 0.17 widens the plain types by their text, which `const int` is not. */
	if (constant && len == 3 && !strncmp(type, "int", len)) {
		a->bytes = 4;
		a->is_signed = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(narrow_types); i++)
		if (strlen(narrow_types[i].type) == len &&
		    !strncmp(narrow_types[i].type, type, len)) {
			a->bytes = narrow_types[i].bytes;
			a->is_signed = narrow_types[i].is_signed;
		}
	for (size_t i = 0; i < ARRAY_SIZE(signed_types); i++)
		if (strlen(signed_types[i]) == len && !strncmp(signed_types[i], type, len))
			a->is_signed = true;
}

/* "field:const char * filename;\toffset:24;\tsize:8;\tsigned:0;" lines; arguments begin at 16. */
static int from_format(struct syscall_info *info, const char *text)
{
	for (const char *s = text; (s = strstr(s, "field:"));) {
		const char *end, *name;
		unsigned int offset, size, sign;
		struct syscall_arg *a;

		s += strlen("field:");
		end = strchr(s, ';');
		if (!end ||
		    sscanf(end, "; offset:%u; size:%u; signed:%u;", &offset, &size, &sign) != 3)
			return -EINVAL;
		if (offset < 16)
			continue;
		name = end;
		while (name > s && name[-1] != ' ' && name[-1] != '*')
			name--;
		a = size == 8 ? add_arg(info, name, (size_t)(end - name)) : NULL;
		if (!a)
			return -EINVAL;
		while (name > s && name[-1] == ' ')
			name--;
		set_type(a, s, (size_t)(name - s));
		a->sign_said = sign;
		s = end;
	}
	return 0;
}

static void read_info(struct syscalls *s, struct syscall_info *info)
{
	const struct row *r = row_of(info->name);
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;

	info->nr = r ? row_number(r) : -1;
	strbuf_addf(&path, "%s/sys_enter_%s/format", s->folder ? s->folder : "", info->name);
	if (!s->folder || strbuf_read_file(&text, path.s) || from_format(info, text.s)) {
		info->nargs = 0;
		memset(info->args, 0, sizeof(info->args));
		if (r)
			from_row(info, r);
	}
	strbuf_release(&path);
	strbuf_release(&text);
}

/* Names of the folder's sys_enter_*. False where it has none. */
static bool list_folder(struct syscalls *s, const char *folder)
{
	static const char prefix[] = "sys_enter_";
	DIR *dir = opendir(folder);

	if (!dir)
		return false;
	for (struct dirent *d; (d = readdir(dir));)
		if (!strncmp(d->d_name, prefix, strlen(prefix)))
			names_add(&s->names, d->d_name + strlen(prefix));
	closedir(dir);
	return s->names.n;
}

void syscalls_load(struct syscalls *s, const char *folder)
{
	static const char *const usual[] = {"/sys/kernel/tracing/events/syscalls",
					    "/sys/kernel/debug/tracing/events/syscalls"};

	*s = (struct syscalls){0};
	for (size_t i = 0; !folder && i < ARRAY_SIZE(usual); i++)
		if (list_folder(s, usual[i]))
			folder = usual[i];
	if (folder && *folder && (s->names.n || list_folder(s, folder)))
		s->folder = strdup(folder);
	else
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			names_add(&s->names, rows[i].name);
	s->info = calloc(s->names.n, sizeof(struct syscall_info *));
	if (!s->info)
		abort();
}

void syscalls_release(struct syscalls *s)
{
	for (size_t i = 0; s->info && i < s->names.n; i++)
		free(s->info[i]);
	free(s->info);
	free(s->folder);
	names_release(&s->names);
	*s = (struct syscalls){0};
}

const struct syscall_info *syscalls_find(struct syscalls *s, const char *name)
{
	size_t i = names_find(&s->names, name);

	if (i == s->names.n)
		return NULL;
	if (!s->info[i]) {
		s->info[i] = calloc(1, sizeof(**s->info));
		if (!s->info[i])
			abort();
		snprintf(s->info[i]->name, sizeof(s->info[i]->name), "%s", name);
		read_info(s, s->info[i]);
	}
	return s->info[i];
}
