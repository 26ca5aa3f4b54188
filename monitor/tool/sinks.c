/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gives every frame to the recording, /metrics, the alerts and batch output. */
#include "lib/base.h"
#include "monitor/tool/sinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "monitor/source/source.h"

/* Of rows that move in the order as they are read; each brings fewer others. */
enum { REFINE_PASSES = 4 };
/* Of what /metrics sums up: the largest are read, the rest is approximate. */
enum { REFINE_SERVED = 100 };

int sinks_open(struct sinks *s, const struct tool_options *o, struct source *source)
{
	int err = 0;

	*s = (struct sinks){.o = o, .source = source, .text = STRBUF_INIT};
	s->view.columns = o->config.columns;
	if (o->alerts.n)
		err = alerts_new(&s->alerts, NULL);
	for (size_t i = 0; i < o->alerts.n && !err; i++)
		err = alerts_add_option(s->alerts, o->alerts.item[i]);
	if (!err && o->serve)
		err = server_open(&s->server, o->serve, o->metrics_by);
	if (!err && (o->openmetrics || o->prometheus))
		err = metrics_new(&s->metrics, o->metrics_by);
	if (!err && o->record)
		err = recorder_open(&s->recorder, o->record, o->tool, o->force);
	if (s->recorder)
		s->recording.bytes = recorder_bytes(s->recorder);
	if (s->recorder)
		recorder_limit(s->recorder, o->record_max, o->record_for_s);
	return err;
}

/* Reads what the rows of the view really have; how many were read, or -ENOMEM. */
static ssize_t refine_view(struct sinks *s, struct frame *f, const struct view *v, size_t most)
{
	uint32_t *rows = malloc(MAX(v->n, (size_t)1) * sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < MIN(v->n, most); i++) {
		uint32_t row = v->lines[i].row;

		if (!(f->rows[row].flags & (ROW_EXACT | ROW_ENDED | ROW_KERNEL | ROW_HIDDEN)))
			rows[n++] = row;
	}
	if (n)
		source_refine(s->source, f, rows, n);
	free(rows);
	return (ssize_t)n;
}

/* Of the rows of the view, what is printed of them. */
static void read_texts(struct sinks *s, struct frame *f)
{
	unsigned int texts = column_texts(s->o->sort) | query_texts(s->o->query);

	for (size_t i = 0; s->o->config.columns[i]; i++)
		texts |= column_texts(s->o->config.columns[i]);
	s->view.texts = texts;
	for (size_t i = 0; texts && i < s->view.n; i++)
		source_texts(s->source, f, &s->view.lines[i].row, 1, texts);
}

/* The rows that will be read, with their exact values. Order, filter and sums were made of
 * approximations: they are made again of what was read, until that brings no other rows. */
static int build_view(struct sinks *s, struct frame *f)
{
	const struct view_options opts = {.sort = s->o->sort,
					  .descending = s->o->descending,
					  .top = s->o->top,
					  .query = s->o->query,
					  .tree = s->o->tree,
					  .kernel_threads = s->o->kernel_threads};

	for (int pass = 0; pass < REFINE_PASSES; pass++) {
		int err = view_build(&s->view, f, &opts);
		ssize_t n = err ? err : refine_view(s, f, &s->view, SIZE_MAX);

		if (n < 0)
			return (int)n;
		if (!n || source_recorded(s->source))
			break;
	}
	read_texts(s, f);
	return 0;
}

/* By pid the view is what is served; else all that match, whatever the view has room for. */
static int build_served(struct sinks *s, struct frame *f)
{
	const struct view_options opts = {.sort = s->o->sort,
					  .descending = s->o->descending,
					  .query = s->o->query,
					  .kernel_threads = s->o->kernel_threads};
	int err = view_build(&s->served, f, &opts);
	ssize_t n = err ? err : refine_view(s, f, &s->served, REFINE_SERVED);

	if (n < 0)
		return (int)n;
	for (size_t i = 0; s->o->metrics_by == METRICS_BY_CGROUP && i < s->served.n; i++)
		source_texts(s->source, f, &s->served.lines[i].row, 1, 1U << TEXT_CGROUP);
	return 0;
}

/* Once: who set it up may look later than it took. */
static void tell_costly(struct sinks *s)
{
	if (s->costly_told || !query_gave_up(s->o->query))
		return;
	s->costly_told = true;
	log_warn("--filter: a regular expression takes too long and matches nothing any more; "
		 "write it without repetitions inside repetitions");
}

/* @v: what /metrics is of. */
static int print(struct sinks *s, const struct frame *f, const struct view *v)
{
	int err = s->metrics ? metrics_take(s->metrics, f, v) : 0;

	if (err) {
		log_err_sys(err, "no memory for figures of %zu processes", f->n);
		return err;
	}
	strbuf_reset(&s->text);
	if (s->metrics)
		metrics_write(s->metrics, f, s->o->openmetrics, &s->text);
	else
		batch_frame(s->o->format, f, &s->view, !s->printed, &s->text);
	s->printed++;
	return batch_write(stdout, &s->text);
}

int sinks_frame(struct sinks *s, struct frame *f, bool printing)
{
	bool groups = (s->server || s->metrics) && s->o->metrics_by != METRICS_BY_PID;
	const struct view *served = groups ? &s->served : &s->view;
	unsigned int texts;
	int err = 0;

	/* What decides is read of all. */
	texts = query_texts(s->o->query) | alerts_texts(s->alerts) | column_texts(s->o->sort);
	if (texts)
		source_texts(s->source, f, NULL, 0, texts);
	if ((printing && !(s->metrics && groups)) || (s->server && !groups))
		err = build_view(s, f);
	if (!err && groups)
		err = build_served(s, f);
	tell_costly(s);
	if (err) {
		log_err_sys(err, "no memory for %zu processes", f->n);
		return err;
	}
	if (s->recorder && !s->recording.err && !s->recording.bound) {
		s->recording.err = recorder_add(s->recorder, f);
		s->recording.bytes = recorder_bytes(s->recorder);
		s->recording.bound = recorder_bound(s->recorder);
	}
	if (s->alerts)
		alerts_check(s->alerts, f);
	if (s->server)
		server_publish(s->server, f, served);
	return printing ? print(s, f, served) : 0;
}

int sinks_release(struct sinks *s)
{
	int err = recorder_close(s->recorder);

	server_close(s->server);
	alerts_free(s->alerts);
	view_release(&s->view);
	view_release(&s->served);
	metrics_free(s->metrics);
	strbuf_release(&s->text);
	*s = (struct sinks){.text = STRBUF_INIT};
	return err;
}
