/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes, keeps and finds the cells of a matrix. */
#include "lib/base.h"
#include "harness/matrix/cell.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/collect.h"
#include "collector/registry.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/log.h"

int cell_init(struct cell *c, const char *monitor, const char *kernel, const char *folder)
{
	*c = (struct cell){.monitor = monitor,
			   .kernel = kernel,
			   .name = monitor_called(monitor),
			   .object = registry_display_name(monitor),
			   .file = STRBUF_INIT,
			   .key = STRBUF_INIT};
	if (!c->name || !c->object)
		return -ENOMEM;
	strbuf_addf(&c->file, "%s/", folder);
	for (const char *words[] = {c->name, " ", kernel, ".json", NULL}, **w = words; *w; w++)
		for (const char *s = *w; *s; s++)
			strbuf_addch(&c->file, *s == '/' ? '_' : *s == ' ' ? '@' : *s);
	return 0;
}

void cell_release(struct cell *c)
{
	free(c->name);
	free(c->object);
	strbuf_release(&c->file);
	strbuf_release(&c->key);
	json_object_put(c->record);
	*c = (struct cell){0};
}

bool cell_read(struct cell *c)
{
	struct strbuf text = STRBUF_INIT;
	struct json_object *o = NULL;

	if (!strbuf_read_file(&text, c->file.s))
		o = json_tokener_parse(text.s);
	strbuf_release(&text);
	if (!record_is(o, "cell") || strcmp(record_str(o, "key", ""), c->key.s) != 0) {
		json_object_put(o);
		return false;
	}
	json_object_put(c->record);
	c->record = o;
	c->counted = c->judged = true;
	return true;
}

int cell_write(struct cell *c)
{
	const char *text;
	struct strbuf aside = STRBUF_INIT;
	int fd, err = 0;

	record_put_str(c->record, "key", c->key.s);
	text = json_object_to_json_string_ext(c->record, JSON_C_TO_STRING_PLAIN);
	/* One at a time works in the folder, so that half a file goes with the next start. */
	strbuf_addf(&aside, "%s.part", c->file.s);
	fd = open(aside.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err = -errno;
	if (!err)
		err = fd_write_all(fd, text, strlen(text));
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err && rename(aside.s, c->file.s))
		err = -errno;
	if (err) {
		unlink(aside.s);
		log_err_sys(err,
			    "cannot keep a cell of the matrix in %s; choose another folder "
			    "with -o cells=DIR",
			    c->file.s);
	}
	strbuf_release(&aside);
	return err;
}

void cell_begin(struct cell *c, const char *processor)
{
	json_object_put(c->record);
	c->record = record_new("cell");
	record_put_str(c->record, "monitor", c->name);
	record_put_str(c->record, "kernel", c->kernel);
	record_put_str(c->record, "processor", processor);
	record_put_str(c->record, "status", "ok");
}

void cell_skip(struct cell *c, const char *reason)
{
	record_put_str(c->record, "status", "skip");
	record_put_str(c->record, "reason", reason);
	c->counted = c->judged = true;
}

/* The first line, or the first that says more than what failed. */
static void put_reason(struct json_object *o, const char *key, const char *text)
{
	record_putf(o, key, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Of several words for a cell the gravest stands. */
static void graver(struct json_object *o, const char *status)
{
	static const char *const order[] = {"ok", "skip", "void", "fail"};
	const char *is = record_str(o, "status", "ok");
	size_t a = 0, b = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!strcmp(order[i], is))
			a = i;
		if (!strcmp(order[i], status))
			b = i;
	}
	if (b > a)
		record_put_str(o, "status", status);
}

void cell_counted(struct cell *c, struct json_object *records, const char *said)
{
	struct json_object *o, *added = json_object_new_object(),
			       *figures = json_object_new_object();
	size_t n = 0;

	record_foreach (records, o) {
		const char *path = record_str(o, "path", NULL);

		if (strcmp(record_str(o, "monitor", ""), c->object) != 0)
			continue;
		n++;
		if (record_str(o, "kernel", NULL))
			record_put_str(c->record, "release", record_str(o, "kernel", ""));
		if (record_is(o, "exact") && path) {
			record_put_num(added, path, record_num(o, "added"));
			record_put_num(figures, path, record_num(o, "instructions"));
		} else if (record_is(o, "exact")) {
			record_put_bool(c->record, "loads", false);
			graver(c->record, record_str(o, "status", "fail"));
			put_reason(c->record, "reason",
				   record_str(o, "reason", "it does not load"));
		}
	}
	if (n && !record_get(c->record, "loads"))
		record_put_bool(c->record, "loads", true);
	if (!n) {
		graver(c->record, "void");
		put_reason(c->record, "reason", said);
	}
	record_put(c->record, "added", added);
	record_put(c->record, "instructions", figures);
	c->counted = true;
}

/* The gravest verdict of trials names the cell. */
static const char *const verdicts[] = {"none", "exact", "bounded", "racy", "skipped", "mismatch"};

static size_t gravity(const char *verdict)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		if (!strcmp(verdicts[i], verdict))
			return i;
	return 0;
}

/* "beside partial: current_usage of ..": the first sentence about it. */
static void put_finding(struct cell *c, struct json_object *trial)
{
	struct json_object *m = NULL, *list = record_get(trial, "mismatches");
	const char *text = record_str(trial, "reason", NULL);

	if (record_length(list))
		m = json_object_array_get_idx(list, 0);
	if (m)
		text = record_str(m, "text", text);
	if (text && !record_get(c->record, "finding"))
		record_putf(c->record, "finding", "beside %s: %s",
			    record_str(trial, "workload", "?"), text);
}

static bool is_trial_of(const struct cell *c, struct json_object *o)
{
	return record_is(o, "trial") && !strcmp(record_str(o, "monitor", ""), c->name);
}

size_t cell_trials(const struct cell *c, struct json_object *records)
{
	struct json_object *o;
	size_t n = 0;

	record_foreach (records, o)
		n += is_trial_of(c, o);
	return n;
}

void cell_judged(struct cell *c, struct json_object *records, const char *said)
{
	const char *skipped = "it has neither counters nor events that could be judged";
	size_t worst = 0, trials = 0, judged = 0;
	struct json_object *o;

	record_foreach (records, o) {
		size_t g = gravity(record_str(o, "conformance.verdict", "none"));
		const char *status = record_str(o, "status", "");

		if (!is_trial_of(c, o))
			continue;
		trials++;
		judged += g > 0;
		worst = MAX(worst, g);
		skipped = record_str(o, "reason", skipped);
		if (!strcmp(status, "fail") || !strcmp(status, "void"))
			graver(c->record, status);
		if (!strcmp(status, "fail") || g == gravity("skipped"))
			put_finding(c, o);
	}
	if (!judged) {
		graver(c->record, "void");
		if (!record_get(c->record, "reason"))
			put_reason(c->record, "reason", trials ? skipped : said);
	}
	record_put_u64(c->record, "trials", judged);
	record_put_str(c->record, "verdict", judged ? verdicts[worst] : NULL);
	c->judged = true;
}
