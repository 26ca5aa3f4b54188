/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The database of runs.
 *
 * A run is known by its id, which has 64 random bits, so that importing it again, or a copy of it,
 * changes nothing. Its machine is the hash of the machine's id that stands in its header, or where
 * there is none what the header says of the processor and the memory. Everything of a run goes in
 * within one transaction.
 */
#include "lib/base.h"
#include "harness/history/history.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "harness/history/figures.h"
#include "harness/history/steps.h"
#include "harness/record.h"
#include "lib/log.h"
#include "lib/stats.h"
#include "lib/strbuf.h"

enum { DB_SCHEMA = 1, BUSY_MS = 10000 };

struct history {
	sqlite3 *db;
	char *path;
};

static const char schema[] =
	"CREATE TABLE run(id TEXT PRIMARY KEY NOT NULL, started TEXT NOT NULL, tool TEXT, "
	"commit_id TEXT, committed INTEGER, dirty INTEGER NOT NULL, machine TEXT NOT NULL, "
	"machine_text TEXT NOT NULL, path TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE figure(run TEXT NOT NULL REFERENCES run(id), monitor TEXT NOT NULL, "
	"figure TEXT NOT NULL, kernel TEXT NOT NULL, unit TEXT NOT NULL, exact INTEGER NOT NULL, "
	"value REAL NOT NULL, low REAL, high REAL, PRIMARY KEY(run, monitor, figure, kernel)) "
	"WITHOUT ROWID;"
	"PRAGMA user_version = 1;";

static int failed(const struct history *h, const char *what)
{
	log_err("%s the history %s: %s", what, h->path, sqlite3_errmsg(h->db));
	return -EIO;
}

static int execute(struct history *h, const char *sql)
{
	return sqlite3_exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
								       : failed(h, "cannot change");
}

static int version_of(struct history *h, int *version)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(h->db, "PRAGMA user_version", -1, &s, NULL);

	if (code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		*version = sqlite3_column_int(s, 0);
	else
		code = SQLITE_ERROR;
	sqlite3_finalize(s);
	return code == SQLITE_OK ? 0 : failed(h, "cannot read");
}

/* Makes the tables of an empty database; refuses one of another make. */
static int check_schema(struct history *h, bool write)
{
	int version = 0, err = version_of(h, &version);

	if (err || version == DB_SCHEMA)
		return err;
	if (version) {
		log_err("the history %s has schema %d; this beebench reads %d", h->path, version,
			DB_SCHEMA);
		return -EINVAL;
	}
	if (!write) {
		log_err("%s is no history of beebench: it has no table of runs", h->path);
		return -EINVAL;
	}
	/* Two that make it at once: the second finds it made. */
	err = execute(h, "BEGIN IMMEDIATE");
	if (!err)
		err = version_of(h, &version);
	if (!err && !version)
		err = execute(h, schema);
	return err ? err : execute(h, "COMMIT");
}

int history_open(struct history **out, const char *path, bool write)
{
	struct history *h = calloc(1, sizeof(*h));
	struct stat st;
	int err = 0;

	if (!h)
		abort();
	*out = h;
	h->path = strdup(path);
	if (!write && stat(path, &st) && errno == ENOENT) {
		log_err("there is no history at %s; make one with 'beebench history import RUN'",
			path);
		return -ENOENT;
	}
	if (sqlite3_open_v2(path, &h->db,
			    write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
				  : SQLITE_OPEN_READONLY,
			    NULL) != SQLITE_OK)
		err = failed(h, "cannot open");
	if (!err)
		sqlite3_busy_timeout(h->db, BUSY_MS);
	return err ? err : check_schema(h, write);
}

void history_close(struct history *h)
{
	if (!h)
		return;
	sqlite3_close(h->db);
	free(h->path);
	free(h);
}

/* --- import --- */

static void bind_text(sqlite3_stmt *s, int i, const char *text)
{
	sqlite3_bind_text(s, i, text, -1, SQLITE_TRANSIENT);
}

static void bind_number(sqlite3_stmt *s, int i, double v)
{
	if (isfinite(v))
		sqlite3_bind_double(s, i, v);
	else
		sqlite3_bind_null(s, i);
}

/* The machine in words; its id, where the header has one, tells equal ones apart. */
static void add_machine(struct json_object *header, struct strbuf *out)
{
	uint64_t memory = record_u64(header, "host.memory_bytes", 0);
	const char *id = record_str(header, "host.id", NULL);

	strbuf_addf(out, "%s, %" PRIu64 " CPUs, %.1f GiB", record_str(header, "host.cpu", "?"),
		    record_u64(header, "host.cpus", 0), (double)memory / (1ULL << 30));
	if (id)
		strbuf_addf(out, ", %.8s", id);
}

/* 1: it is new; 0: it is there. */
static int insert_run(struct history *h, struct json_object *header, const char *path,
		      const char *revision)
{
	struct strbuf machine = STRBUF_INIT;
	sqlite3_stmt *s = NULL;
	int err = 0;

	add_machine(header, &machine);
	if (sqlite3_prepare_v2(h->db, "INSERT OR IGNORE INTO run VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       -1, &s, NULL) != SQLITE_OK) {
		err = failed(h, "cannot change");
		goto out;
	}
	bind_text(s, 1, record_str(header, "id", NULL));
	bind_text(s, 2, record_str(header, "started", ""));
	bind_text(s, 3, record_str(header, "tool", NULL));
	bind_text(s, 4, revision ? revision : record_str(header, "revision.commit", NULL));
	if (!revision && record_get(header, "revision.committed"))
		sqlite3_bind_int64(s, 5, (int64_t)record_u64(header, "revision.committed", 0));
	sqlite3_bind_int(s, 6, !revision && record_true(header, "revision.dirty"));
	bind_text(s, 7, record_str(header, "host.id", machine.s));
	bind_text(s, 8, machine.s);
	bind_text(s, 9, path);
	err = sqlite3_step(s) == SQLITE_DONE ? sqlite3_changes(h->db) : failed(h, "cannot change");
out:
	sqlite3_finalize(s);
	strbuf_release(&machine);
	return err;
}

static int insert_figures(struct history *h, const char *id, const struct run_figures *f,
			  struct history_import *out)
{
	sqlite3_stmt *s = NULL;
	int err = 0;

	if (sqlite3_prepare_v2(h->db,
			       "INSERT OR IGNORE INTO figure VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", -1,
			       &s, NULL) != SQLITE_OK)
		err = failed(h, "cannot change");
	for (size_t i = 0; i < f->n && !err; i++) {
		const struct figure *v = &f->v[i];

		sqlite3_reset(s);
		bind_text(s, 1, id);
		bind_text(s, 2, v->monitor);
		bind_text(s, 3, v->name);
		bind_text(s, 4, v->kernel);
		bind_text(s, 5, v->unit);
		sqlite3_bind_int(s, 6, v->exact);
		bind_number(s, 7, v->value);
		bind_number(s, 8, v->low);
		bind_number(s, 9, v->high);
		if (sqlite3_step(s) != SQLITE_DONE)
			err = failed(h, "cannot change");
		else if (sqlite3_changes(h->db))
			out->figures++;
		else
			out->twice++;
	}
	sqlite3_finalize(s);
	return err;
}

int history_import(struct history *h, const struct run_file *run, const char *path,
		   const char *revision, struct history_import *out)
{
	const char *id = record_str(run->header, "id", NULL);
	struct run_figures f;
	int new, err;

	*out = (struct history_import){0};
	if (!id || !*id) {
		log_err("%s has no id: it is not known from others", path);
		return -EINVAL;
	}
	if (!run->end || !strcmp(record_str(run->end, "status", ""), "interrupted")) {
		log_err("%s was cut short: it is not taken", path);
		return -EINVAL;
	}
	err = execute(h, "BEGIN IMMEDIATE");
	if (err)
		return err;
	run_figures_of(run, &f);
	new = insert_run(h, run->header, path, revision);
	if (new == 1)
		err = insert_figures(h, id, &f, out);
	else
		err = new;
	run_figures_release(&f);
	if (err) {
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
		return err;
	}
	err = execute(h, "COMMIT");
	return err ? err : new;
}

/* --- curves --- */

static char *column_text(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? strdup(text) : NULL;
}

static double column_number(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? NAN : sqlite3_column_double(s, i);
}

static bool in_list(const char *const *list, const char *word)
{
	if (!list || !*list)
		return true;
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list;
}

enum { MONITOR, FIGURE, KERNEL, UNIT, EXACT, MACHINE, WORDS, RUN, STARTED, COMMIT, DIRTY, VALUE };

static const char query[] =
	"SELECT monitor, figure, kernel, unit, exact, CASE exact WHEN 1 THEN '' ELSE machine END "
	"m, "
	"machine_text, run, started, commit_id, dirty, value, low, high FROM figure JOIN run ON "
	"run.id = figure.run ORDER BY monitor, figure, kernel, unit, exact, m, "
	"coalesce(committed, CAST(strftime('%s', started) AS INTEGER), 0), started, run";

/* Does the row belong to the curve that was begun last? @machine: of that one. */
static bool continues(const struct history_series *s, sqlite3_stmt *row, const char *machine)
{
	static const int columns[] = {MONITOR, FIGURE, KERNEL, UNIT, MACHINE};
	const char *const have[] = {s->monitor, s->figure, s->kernel, s->unit, machine};

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (strcmp(have[i], (const char *)sqlite3_column_text(row, columns[i])) != 0)
			return false;
	return s->exact == (sqlite3_column_int(row, EXACT) != 0);
}

static struct history_series *begin(struct history_curves *c, sqlite3_stmt *row)
{
	struct history_series *s;

	c->v = reallocarray(c->v, c->n + 1, sizeof(*c->v));
	if (!c->v)
		abort();
	s = &c->v[c->n++];
	*s = (struct history_series){.monitor = column_text(row, MONITOR),
				     .figure = column_text(row, FIGURE),
				     .kernel = column_text(row, KERNEL),
				     .unit = column_text(row, UNIT),
				     .exact = sqlite3_column_int(row, EXACT) != 0};
	if (!s->exact)
		s->machine = column_text(row, WORDS);
	return s;
}

static void add_point(struct history_series *s, sqlite3_stmt *row)
{
	s->points = reallocarray(s->points, s->n + 1, sizeof(*s->points));
	if (!s->points)
		abort();
	s->points[s->n++] = (struct history_point){.run = column_text(row, RUN),
						   .started = column_text(row, STARTED),
						   .commit = column_text(row, COMMIT),
						   .dirty = sqlite3_column_int(row, DIRTY) != 0,
						   .value = column_number(row, VALUE),
						   .low = column_number(row, VALUE + 1),
						   .high = column_number(row, VALUE + 2)};
}

static void find_steps(struct history_series *s)
{
	double *v = calloc(s->n + 1, sizeof(*v));

	s->steps = calloc(s->n + 1, sizeof(*s->steps));
	if (!v || !s->steps)
		abort();
	for (size_t i = 0; i < s->n; i++)
		v[i] = s->points[i].value;
	s->nsteps = (s->exact ? steps_exact : steps_times)(v, s->n, s->steps);
	free(v);
}

int history_read(struct history *h, const char *const *monitors, const char *const *figures,
		 struct history_curves *out)
{
	struct history_series *s = NULL;
	sqlite3_stmt *row = NULL;
	char *machine = NULL;
	int code, err = 0;

	*out = (struct history_curves){0};
	if (sqlite3_prepare_v2(h->db, query, -1, &row, NULL) != SQLITE_OK)
		return failed(h, "cannot read");
	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		if (!in_list(monitors, (const char *)sqlite3_column_text(row, MONITOR)) ||
		    !in_list(figures, (const char *)sqlite3_column_text(row, FIGURE)))
			continue;
		if (!s || !continues(s, row, machine)) {
			s = begin(out, row);
			free(machine);
			machine = column_text(row, MACHINE);
		}
		add_point(s, row);
	}
	if (code != SQLITE_DONE)
		err = failed(h, "cannot read");
	sqlite3_finalize(row);
	free(machine);
	for (size_t i = 0; i < out->n && !err; i++)
		find_steps(&out->v[i]);
	return err;
}

void history_curves_release(struct history_curves *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct history_series *s = &c->v[i];

		for (size_t k = 0; k < s->n; k++) {
			free(s->points[k].run);
			free(s->points[k].started);
			free(s->points[k].commit);
		}
		free(s->points);
		free(s->steps);
		free(s->monitor);
		free(s->figure);
		free(s->kernel);
		free(s->unit);
		free(s->machine);
	}
	free(c->v);
	*c = (struct history_curves){0};
}

/* The median of the points from @from up to @to. */
static double level(const struct history_series *s, size_t from, size_t to)
{
	double *v = calloc(to - from + 1, sizeof(*v)), median;

	if (!v)
		abort();
	for (size_t i = from; i < to; i++)
		v[i - from] = s->points[i].value;
	median = stats_median(v, to - from);
	free(v);
	return median;
}

double history_before(const struct history_series *s, size_t i)
{
	return level(s, i ? s->steps[i - 1] : 0, s->steps[i]);
}

double history_after(const struct history_series *s, size_t i)
{
	return level(s, s->steps[i], i + 1 < s->nsteps ? s->steps[i + 1] : s->n);
}
