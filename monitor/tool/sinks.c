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

/* What is asked for of the rows that are printed. */
static unsigned int printed_reads(const struct sinks *s)
{
	const struct tool_options *o = s->o;
	bool sums = o->tree || o->group;
	unsigned int reads = column_reads(o->sort) | query_reads(o->query) | group_reads(o->group);

	for (size_t i = 0; o->config.columns[i]; i++)
		reads |= column_reads(o->config.columns[i]);
	/* A sum of RSS counts what is shared for each process. */
	if (sums && o->tool == TOOL_MEMMON && !o->config.columns[0])
		reads |= READ_SHARES;
	return reads;
}

/* What decides is read of all, and what is summed up. */
static unsigned int all_reads(const struct sinks *s, bool printing)
{
	unsigned int reads =
		query_reads(s->o->query) | alerts_reads(s->alerts) | column_reads(s->o->sort);

	if (s->alerts || printing)
		reads |= group_reads(s->o->group);
	if (printing && (s->o->tree || s->o->group))
		reads |= printed_reads(s);
	return reads;
}

static bool wants_refining(const struct proc_row *row)
{
	return !(row->flags & (ROW_EXACT | ROW_ENDED | ROW_KERNEL | ROW_HIDDEN));
}

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
	/* From the first frame on. */
	if ((all_reads(s, true) | printed_reads(s)) & READ_TIMES)
		source_read(source, NULL, NULL, 0, READ_TIMES);
	if (s->recorder)
		recorder_limit(s->recorder, o->record_max, o->record_for_s);
	return err;
}

/* Reads what the rows of the view, or of its groups, really have; how many were read, or -ENOMEM.
 */
static ssize_t refine_view(struct sinks *s, struct frame *f, const struct view *v, size_t most)
{
	uint32_t *rows = malloc(MAX(v->grouped ? f->n : v->n, (size_t)1) * sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return -ENOMEM;
	if (v->grouped) {
		for (size_t i = 0; i < f->n; i++)
			if (v->groups.of_row[i] != UINT32_MAX && wants_refining(&f->rows[i]))
				rows[n++] = (uint32_t)i;
	} else {
		for (size_t i = 0; i < MIN(v->n, most); i++)
			if (wants_refining(&f->rows[v->lines[i].row]))
				rows[n++] = v->lines[i].row;
	}
	if (n)
		source_refine(s->source, f, rows, n);
	free(rows);
	return (ssize_t)n;
}

/* Of the rows of the view, what is printed of them. */
static void read_printed(struct sinks *s, struct frame *f)
{
	unsigned int reads = printed_reads(s);
	uint32_t none = 0;

	s->view.reads = reads;
	/* That it is offered is told of no row, too. */
	source_read(s->source, f, &none, 0, reads);
	for (size_t i = 0; reads && !s->view.grouped && i < s->view.n; i++)
		source_read(s->source, f, &s->view.lines[i].row, 1, reads);
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
					  .group = s->o->group,
					  .kernel_threads = s->o->kernel_threads};

	for (int pass = 0; pass < REFINE_PASSES; pass++) {
		int err = query_reads(opts.query) & READ_SUMS ? view_sum(&s->sums, f, &opts) : 0;
		ssize_t n;

		err = err ? err : view_build(&s->view, f, &opts);
		n = err ? err : refine_view(s, f, &s->view, SIZE_MAX);
		if (n < 0)
			return (int)n;
		if (!n || source_recorded(s->source))
			break;
	}
	read_printed(s, f);
	return 0;
}

/* Once: who set it up may look later than it took. */
static void tell_costly(bool gave_up, bool *told, const char *option)
{
	if (!gave_up || *told)
		return;
	*told = true;
	log_warn("%s: a regular expression takes too long and matches nothing any more; write it "
		 "without repetitions inside repetitions",
		 option);
}

static bool no_kernel(void *arg UNUSED, const struct proc_row *row)
{
	return !(row->flags & ROW_KERNEL);
}

/* With a --group alerts are of groups, of all processes. */
static int check_alerts(struct sinks *s, const struct frame *f)
{
	const struct view_options opts = {.tree = s->o->tree, .group = s->o->group};
	int err = 0;

	if (opts.group)
		err = grouping_make(&s->alert_groups, f, opts.group, no_kernel, NULL);
	else if (alerts_reads(s->alerts) & READ_SUMS)
		err = view_sum(&s->sums, f, &opts);
	if (!err)
		err = alerts_check(s->alerts, opts.group ? &s->alert_groups.frame : f);
	tell_costly(s->alerts && alerts_gave_up(s->alerts), &s->costly_alert_told, "--alert");
	return MIN(err, 0);
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
		source_read(s->source, f, &s->served.lines[i].row, 1, 1U << TEXT_CGROUP);
	return 0;
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
	s->printed++;
	if (s->metrics) {
		/* Readers of that text know one of each figure: the last frame's. */
		metrics_write(s->metrics, f, s->o->openmetrics, &s->text);
		s->unprinted = s->printed != s->o->count;
		return s->unprinted ? 0 : batch_write(stdout, &s->text);
	}
	batch_frame(s->o->format, f, &s->view, s->printed == 1, &s->text);
	return batch_write(stdout, &s->text);
}

int sinks_frame(struct sinks *s, struct frame *f, bool printing)
{
	bool groups =
		(s->server || s->metrics) && (s->o->metrics_by != METRICS_BY_PID || s->o->group);
	const struct view *served = groups ? &s->served : &s->view;
	unsigned int reads = all_reads(s, printing);
	int err = 0;

	if (reads)
		source_read(s->source, f, NULL, 0, reads);
	if ((printing && !(s->metrics && groups)) || (s->server && !groups))
		err = build_view(s, f);
	if (!err && groups)
		err = build_served(s, f);
	tell_costly(query_gave_up(s->o->query), &s->costly_told, "--filter");
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
		err = check_alerts(s, f);
	if (err) {
		log_err_sys(err, "no memory for alerts");
		return err;
	}
	if (s->server)
		server_publish(s->server, f, served);
	return printing ? print(s, f, served) : 0;
}

int sinks_release(struct sinks *s)
{
	int err = recorder_close(s->recorder);

	if (s->unprinted && batch_write(stdout, &s->text) && !err)
		err = -EIO;
	server_close(s->server);
	alerts_free(s->alerts);
	view_release(&s->view);
	view_sums_release(&s->sums);
	grouping_release(&s->alert_groups);
	view_release(&s->served);
	metrics_free(s->metrics);
	strbuf_release(&s->text);
	*s = (struct sinks){.text = STRBUF_INIT};
	return err;
}
