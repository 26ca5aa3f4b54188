/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the sections of programs, and from names, to paths. */
#include "lib/base.h"
#include "harness/vm/guest/guest_choice.h"

#include <string.h>

/* "openat,read-ok"; NULL: none. */
static const char *named;
static bool only_named;

void guest_choice_name(const char *calls, bool only)
{
	named = calls;
	only_named = only;
}

static bool is_named(const struct guest_path *p)
{
	const char *at = named;
	size_t len;

	for (; at && *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		if ((!strncmp(at, p->call, len) && !p->call[len]) ||
		    (!strncmp(at, p->name, len) && !p->name[len]))
			return true;
	}
	return false;
}

bool guest_chosen(const struct guest_choice *c, const struct guest_path *p)
{
	if (is_named(p))
		return true;
	if (only_named)
		return false;
	if (p->kind == GUEST_TABLE)
		return c->row[p->row - syscall_rows];
	if (p->kind == GUEST_KMALLOC || p->kind == GUEST_KFREE)
		return c->blocks;
	return c->memory || p->kind == GUEST_OTHER;
}

/* The row of a program's section; NULL: it is at no one system call. */
static const struct syscall_row *row_of(const char *section)
{
	static const char *const before[] = {"/sys_enter_", "/sys_exit_", "/__x64_sys_",
					     "/__se_sys_"};
	const char *name;

	if (!strncmp(section, "ksyscall/", 9) || !strncmp(section, "kretsyscall/", 12))
		return syscall_find(strchr(section, '/') + 1);
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		if ((name = strstr(section, before[i]))) {
			name += strlen(before[i]);
			return i < 2 ? syscall_find_traced(name) : syscall_find(name);
		}
	return NULL;
}

/* "raw_tp/kmalloc", "tracepoint/kmem/mm_page_free", "kprobe/__kmalloc". */
static bool is_of_blocks(const char *section)
{
	static const char *const names[] = {"/kmalloc", "/kfree", "/kmem_cache_", "/mm_page_",
					    "/__kmalloc"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(section, names[i]))
			return true;
	return false;
}

/* A program at a memory call, or at none that is known, is for the paths of memory calls. */
static void choose(struct guest_choice *c, const char *section)
{
	const struct syscall_row *row = row_of(section);

	if (!row && is_of_blocks(section))
		c->blocks = true;
	else if (!row || !strcmp(row->name, "mmap") || !strcmp(row->name, "munmap") ||
		 !strcmp(row->name, "brk"))
		c->memory = true;
	else
		c->row[row - syscall_rows] = true;
}

static void choose_section(void *arg, const char *section)
{
	choose(arg, section);
}

void guest_choose(struct guest_choice *c, const struct guest_object *o)
{
	*c = (struct guest_choice){.memory = !o->nhooks};
	for (size_t i = 0; i < o->nhooks; i++)
		choose(c, o->hooks[i].section);
}

bool guest_choice_is_of_calls(const struct guest_object *o)
{
	for (size_t i = 0; i < o->nhooks; i++) {
		const struct syscall_row *row = row_of(o->hooks[i].section);

		if (!row || !strcmp(row->name, "futex"))
			return false;
	}
	return true;
}

void guest_choose_all(struct guest_choice *c, char *const paths[])
{
	*c = (struct guest_choice){.memory = !*paths};
	for (; *paths; paths++)
		if (guest_object_sections(*paths, choose_section, c) <= 0)
			c->memory = true; /* of one that will be refused, too */
}
