/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Holds processes against queries and runs a command when one comes to match. */
#include "lib/base.h"
#include "monitor/view/alert.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "monitor/view/trend.h"

extern char **environ;

struct who {
	uint32_t pid;
	uint64_t start_ns;
};

/* Who matches, in the order of a frame's rows. */
struct who_list {
	struct who *who; /* owned */
	size_t n, cap;
};

struct alert {
	struct query *query;
	char *text, *command;		/* owned; command NULL: none */
	struct who_list matching, next; /* in the frame before; in the one looked at */
};

struct running {
	pid_t child; /* 0: free */
	size_t alert;
	struct who who;
};

struct alerts {
	const struct column *table;
	struct alert *list; /* owned */
	size_t n;
	struct running running[ALERT_COMMANDS];
	size_t fired, dropped, failed;
	struct alert_hit latest; /* query NULL: none fired in the latest frame */
};

int alerts_new(struct alerts **out, const struct column *table)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->table = table ? table : columns;
	return 0;
}

static void alert_release(struct alert *al)
{
	query_free(al->query);
	free(al->text);
	free(al->command);
	free(al->matching.who);
	free(al->next.who);
}

void alerts_free(struct alerts *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		alert_release(&a->list[i]);
	free(a->list);
	free(a);
}

int alerts_add(struct alerts *a, const char *query, const char *command)
{
	struct strbuf why = STRBUF_INIT;
	struct alert *list = realloc(a->list, (a->n + 1) * sizeof(*list)), new = {0};
	struct query_error e;
	int err;

	if (!list)
		return -ENOMEM;
	a->list = list;
	err = query_parse_in(&new.query, query, a->table, &e);
	if (err) {
		query_explain(query, &e, &why);
		log_err("alert: %s", why.s);
		strbuf_release(&why);
		return err;
	}
	new.text = strdup(query);
	new.command = command ? strdup(command) : NULL;
	if (!new.text || (command && !new.command)) {
		alert_release(&new);
		return -ENOMEM;
	}
	list[a->n++] = new;
	return 0;
}

int alerts_add_option(struct alerts *a, const char *text)
{
	const char *arrow = strstr(text, "=>");
	char *query;
	int err;

	if (!arrow)
		return alerts_add(a, text, NULL);
	query = strndup(text, (size_t)(arrow - text));
	if (!query)
		return -ENOMEM;
	err = alerts_add(a, query, arrow + strlen("=>"));
	free(query);
	return err;
}

unsigned int alerts_reads(const struct alerts *a)
{
	unsigned int reads = 0;

	for (size_t i = 0; a && i < a->n; i++)
		reads |= query_reads(a->list[i].query);
	return reads;
}

size_t alerts_fired(const struct alerts *a)
{
	return a->fired;
}

bool alerts_gave_up(const struct alerts *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (query_gave_up(a->list[i].query))
			return true;
	return false;
}

size_t alerts_dropped(const struct alerts *a)
{
	return a->dropped;
}

size_t alerts_failed(const struct alerts *a)
{
	return a->failed;
}

const struct alert_hit *alerts_latest(const struct alerts *a)
{
	return a->latest.query ? &a->latest : NULL;
}

/* --- commands --- */

/* The strings of an environment, one block each; ended by NULL once done. */
struct env {
	char **v;
	size_t n, cap;
	bool failed;
};

/* Takes @entry over; NULL ends the list. */
static void env_push(struct env *env, char *entry)
{
	if (env->n == env->cap) {
		size_t cap = env->cap ? 2 * env->cap : 64;
		char **v = realloc(env->v, cap * sizeof(*v));

		if (!v) {
			env->failed = true;
			free(entry);
			return;
		}
		env->v = v;
		env->cap = cap;
	}
	env->v[env->n++] = entry;
}

/* "BEEBENCH_RSS_KB=.." of "rss_kb" */
static void PRINTF_LIKE(3, 4) env_add(struct env *env, const char *name, const char *fmt, ...)
{
	struct strbuf entry = STRBUF_INIT;
	va_list ap;

	strbuf_addstr(&entry, "BEEBENCH_");
	for (; *name; name++)
		strbuf_addch(&entry, toupper((unsigned char)*name));
	strbuf_addch(&entry, '=');
	va_start(ap, fmt);
	strbuf_vaddf(&entry, fmt, ap);
	va_end(ap);
	env_push(env, strbuf_detach(&entry));
}

/* Ours alone are called so: what an outer monitor's alert has set must not show where this one
 * knows nothing. */
static bool is_ours(const struct column *table, const char *entry)
{
	static const char *const names[] = {"PID", "PPID", "UID", "NAME", "QUERY", "VERDICT"};
	size_t len = strcspn(entry, "=");

	if (strncmp(entry, "BEEBENCH_", 9) || len <= 9)
		return false;
	entry += 9;
	len -= 9;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !strncmp(entry, names[i], len))
			return true;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strlen(field_names[i]) == len && !strncasecmp(entry, field_names[i], len))
			return true;
	for (const struct column *c = table; c->key; c++)
		if (strlen(c->key) == len && !strncasecmp(entry, c->key, len))
			return true;
	return false;
}

static void env_number(struct env *env, const char *name, double v)
{
	if (isfinite(v))
		env_add(env, name, v == floor(v) ? "%.0f" : "%.3f", v);
}

static void env_make(struct env *env, const struct column *table, const struct alert *al,
		     const struct proc_row *row)
{
	for (char **e = environ; *e; e++) {
		char *copy = is_ours(table, *e) ? NULL : strdup(*e);

		if (copy)
			env_push(env, copy);
	}
	if (row->pid != ROW_UNKNOWN)
		env_add(env, "pid", "%u", row->pid);
	if (row->ppid != ROW_UNKNOWN)
		env_add(env, "ppid", "%u", row->ppid);
	if (row->uid != ROW_UNKNOWN)
		env_add(env, "uid", "%u", row->uid);
	env_add(env, "name", "%s", row_name(row));
	env_add(env, "query", "%s", al->text);
	env_add(env, "verdict", "%s", verdict_name(row));
	for (size_t i = 0; table == columns && i < FIELD_COUNT; i++)
		env_number(env, field_names[i], row_value(row, (enum field)i));
	for (const struct column *c = table; c->key; c++) {
		if (table != columns && c->kind == COLUMN_NUMBER)
			env_number(env, c->key, row_value(row, c->field));
		if (column_row_text(c, row))
			env_add(env, c->key, "%s", column_row_text(c, row));
	}
	env_push(env, NULL);
}

static void env_release(struct env *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->v[i]);
	free(env->v);
}

/* A session of its own: Ctrl-C at the screen is not for it, and it outlives us. */
static int spawn(pid_t *child, const char *command, char **env)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int err;

	sigfillset(&all);
	sigemptyset(&none);
	err = posix_spawn_file_actions_init(&files);
	if (err)
		return err;
	err = posix_spawnattr_init(&attr);
	if (err)
		goto out;
	err = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY,
						       0);
	if (!err && isatty(STDERR_FILENO))
		err = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY,
						       0);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	if (!err)
		err = posix_spawnattr_setsigdefault(&attr, &all);
	if (!err)
		err = posix_spawnattr_setsigmask(&attr, &none);
	if (!err)
		err = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_RESETIDS |
							      POSIX_SPAWN_SETSIGDEF |
							      POSIX_SPAWN_SETSIGMASK);
	if (!err)
		err = posix_spawn(child, "/bin/sh", &files, &attr, (char *const *)(uintptr_t)argv,
				  env);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return err;
}

static void run(struct alerts *a, size_t index, const struct proc_row *row)
{
	struct alert *al = &a->list[index];
	struct running *slot = NULL;
	struct env env = {0};

	for (size_t i = 0; i < ALERT_COMMANDS; i++) {
		struct running *r = &a->running[i];

		if (!r->child) {
			slot = slot ? slot : r;
		} else if (r->alert == index && r->who.pid == row->pid &&
			   r->who.start_ns == row->start_ns) {
			slot = NULL;
			break;
		}
	}
	if (!slot) {
		a->dropped++;
		return;
	}
	env_make(&env, a->table, al, row);
	if (env.failed || spawn(&slot->child, al->command, env.v)) {
		slot->child = 0;
		a->failed++;
	} else {
		slot->alert = index;
		slot->who = (struct who){row->pid, row->start_ns};
	}
	env_release(&env);
}

/* Ours alone: the owner of this process may have other children. */
static void reap(struct alerts *a)
{
	for (size_t i = 0; i < ALERT_COMMANDS; i++) {
		struct running *r = &a->running[i];
		int status = 0;
		pid_t got;

		if (!r->child)
			continue;
		got = waitpid(r->child, &status, WNOHANG);
		if (!got || (got < 0 && errno == EINTR))
			continue;
		a->failed += got > 0 && status != 0;
		r->child = 0;
	}
}

bool alerts_ended(struct alerts *a, pid_t child, int status)
{
	for (size_t i = 0; a && i < ALERT_COMMANDS; i++)
		if (a->running[i].child == child) {
			a->failed += status != 0;
			a->running[i].child = 0;
			return true;
		}
	return false;
}

size_t alerts_running(const struct alerts *a)
{
	size_t n = 0;

	for (size_t i = 0; a && i < ALERT_COMMANDS; i++)
		n += a->running[i].child != 0;
	return n;
}

/* --- frames --- */

static int compare(const struct who *w, const struct proc_row *row)
{
	if (w->pid != row->pid)
		return w->pid < row->pid ? -1 : 1;
	return (w->start_ns > row->start_ns) - (w->start_ns < row->start_ns);
}

static int who_add(struct who_list *l, const struct proc_row *row)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct who *w = realloc(l->who, cap * sizeof(*w));

		if (!w)
			return -ENOMEM;
		l->who = w;
		l->cap = cap;
	}
	l->who[l->n++] = (struct who){row->pid, row->start_ns};
	return 0;
}

static int check_one(struct alerts *a, size_t index, const struct frame *f)
{
	struct alert *al = &a->list[index];
	struct who_list swap;
	size_t at = 0;
	int fired = 0;

	al->next.n = 0;
	query_look(al->query);
	for (size_t i = 0; i < f->n; i++) {
		const struct proc_row *row = &f->rows[i];

		if (!query_match(al->query, row))
			continue;
		if (who_add(&al->next, row))
			return -ENOMEM;
		while (at < al->matching.n && compare(&al->matching.who[at], row) < 0)
			at++;
		if (at < al->matching.n && !compare(&al->matching.who[at], row))
			continue;
		fired++;
		a->latest = (struct alert_hit){
			.query = al->text, .pid = row->pid, .time_ns = f->time_ns};
		snprintf(a->latest.name, sizeof(a->latest.name), "%s", row_name(row));
		if (al->command)
			run(a, index, row);
	}
	swap = al->matching;
	al->matching = al->next;
	al->next = swap;
	return fired;
}

int alerts_check(struct alerts *a, const struct frame *f)
{
	int fired = 0;

	reap(a);
	a->latest.query = NULL;
	for (size_t i = 0; i < a->n; i++) {
		int n = check_one(a, i, f);

		if (n < 0)
			return n;
		fired += n;
	}
	a->fired += (size_t)fired;
	return fired;
}
