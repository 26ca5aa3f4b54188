/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the process becomes, and what it starts: these take the library along.
 *
 * `env LD_PRELOAD=libjemalloc.so.2 ./program` gives the program another LD_PRELOAD than ours, and
 * so do scripts that choose an allocator. The program would be counted no more, and nobody would
 * know. So where an environment still has MEMPROF_RUN, and a list of libraries that lacks this one,
 * it gets this one in front. An environment without a list, or with an empty one, was made so on
 * purpose and is left as it is.
 *
 * These calls come from children of vfork() and from signal handlers: nothing is written here but
 * the stack.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memprof/preload/preload.h"

extern char **environ;

static const char *own; /* this library's path; NULL: what is started goes on its own */

void exec_start(void)
{
	Dl_info info;

	if (dladdr(&memprof, &info))
		own = info.dli_fname;
}

static bool lists_own(const char *list)
{
	const size_t len = strlen(own);

	for (const char *p = list; *p; p += strspn(p, ": ")) {
		size_t n = strcspn(p, ": ");

		if (n == len && !memcmp(p, own, len))
			return true;
		p += n;
	}
	return false;
}

/* The list of libraries that another took the place of ours with, or NULL. @at: which variable;
 * @n: how many there are. */
static const char *other_list(char *const env[], size_t *at, size_t *n)
{
	const char *list = NULL;
	bool watched = false;

	if (!own || !env)
		return NULL;
	for (*n = 0; env[*n]; (*n)++) {
		const char *e = env[*n];

		watched |= !strncmp(e, "MEMPROF_RUN=", 12) && e[12];
		if (!strncmp(e, "LD_PRELOAD=", 11)) { /* the loader takes the last one */
			list = e + 11;
			*at = *n;
		}
	}
	return watched && list && *list && !lists_own(list) ? list : NULL;
}

struct call {
	int (*make)(const struct call *c, char *const env[]);
	const char *path;
	char *const *argv;
	int fd;
	pid_t *pid;
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attributes;
};

static int make(const struct call *c, char *const env[])
{
	size_t at = 0, n = 0;
	const char *list = other_list(env, &at, &n);

	char **copy, *text;

	if (!list)
		return c->make(c, env);
	copy = __builtin_alloca((n + 1) * sizeof(*copy));
	text = __builtin_alloca(sizeof("LD_PRELOAD=:") + strlen(own) + strlen(list));
	memcpy(copy, env, (n + 1) * sizeof(*copy));
	strcpy(stpcpy(stpcpy(stpcpy(text, "LD_PRELOAD="), own), ":"), list);
	copy[at] = text;
	return c->make(c, copy);
}

static int by_path(const struct call *c, char *const env[])
{
	return (int)syscall(SYS_execve, c->path, c->argv, env);
}

static int by_descriptor(const struct call *c, char *const env[])
{
	return (int)syscall(SYS_execveat, c->fd, "", c->argv, env, AT_EMPTY_PATH);
}

/* A library's constructor may start something before anybody has allocated. */
static const struct provider *next(void)
{
	if (!memprof.ready)
		process_start();
	return &memprof.next;
}

static int by_name(const struct call *c, char *const env[])
{
	return next()->execvpe(c->path, c->argv, env);
}

static int spawn(const struct call *c, char *const env[])
{
	return next()->posix_spawn(c->pid, c->path, c->actions, c->attributes, c->argv, env);
}

static int spawn_by_name(const struct call *c, char *const env[])
{
	return next()->posix_spawnp(c->pid, c->path, c->actions, c->attributes, c->argv, env);
}

PUBLIC int execve(const char *path, char *const argv[], char *const env[])
{
	return make(&(struct call){.make = by_path, .path = path, .argv = argv}, env);
}

PUBLIC int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

PUBLIC int fexecve(int fd, char *const argv[], char *const env[])
{
	return make(&(struct call){.make = by_descriptor, .fd = fd, .argv = argv}, env);
}

PUBLIC int execvpe(const char *name, char *const argv[], char *const env[])
{
	return make(&(struct call){.make = by_name, .path = name, .argv = argv}, env);
}

PUBLIC int execvp(const char *name, char *const argv[])
{
	return execvpe(name, argv, environ);
}

PUBLIC int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
	return make(&(struct call){spawn, path, argv, -1, pid, actions, attributes}, env);
}

PUBLIC int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
	return make(&(struct call){spawn_by_name, name, argv, -1, pid, actions, attributes}, env);
}

/* --- arguments one by one -------------------------------------------------------------------- */

/* How many, the first included and the NULL not. */
static size_t count_arguments(const char *first, va_list rest)
{
	size_t n = 0;

	for (const char *a = first; a; a = va_arg(rest, const char *))
		n++;
	return n;
}

/* @rest is behind the NULL then, where execle() has the environment. */
static void take_arguments(const char *first, va_list *rest, char *argv[])
{
	size_t n = 0;

	for (const char *a = first; a; a = va_arg(*rest, const char *))
		argv[n++] = (char *)a;
	argv[n] = NULL;
}

/* @argv of a call whose last named argument is @first; the list is left open. */
#define ARGUMENTS(argv, rest, first)                                                               \
	va_start(rest, first);                                                                     \
	argv = __builtin_alloca((count_arguments(first, rest) + 1) * sizeof(*(argv)));             \
	va_end(rest);                                                                              \
	va_start(rest, first);                                                                     \
	take_arguments(first, &(rest), argv)

PUBLIC int execl(const char *path, const char *first, ...)
{
	va_list rest;
	char **argv;

	ARGUMENTS(argv, rest, first);
	va_end(rest);
	return execve(path, argv, environ);
}

PUBLIC int execlp(const char *name, const char *first, ...)
{
	va_list rest;
	char **argv;

	ARGUMENTS(argv, rest, first);
	va_end(rest);
	return execvpe(name, argv, environ);
}

PUBLIC int execle(const char *path, const char *first, ...)
{
	char *const *env;
	va_list rest;
	char **argv;

	ARGUMENTS(argv, rest, first);
	env = va_arg(rest, char *const *);
	va_end(rest);
	return execve(path, argv, env);
}
