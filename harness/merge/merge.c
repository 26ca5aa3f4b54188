/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes the merged run: a header that lists the runs, their records one run after the other, what
 * they say together, and the end. Nothing in it depends on the clock, on this machine, or on how
 * the runs were split into files: records pass as text, and what is computed is sorted.
 */
#include "lib/base.h"
#include "harness/merge/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/merge/agree.h"
#include "harness/merge/cells.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result_scan.h"
#include "harness/plugin.h"
#include "harness/result.h"
#include "lib/fnv.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/outfile.h"

/* Records whose status is a verdict: verify's, compare's and the gate's. Others inform. */
static const char *const judged[] = {"trial", "equivalence", "gate"};

struct writing {
	FILE *out;
	const struct parts *parts;
	const struct names *plan;
	struct result_objects objects;
	struct agreement *agreement;
	enum status *worst; /* of each part, of all its records that have a status */
	struct strbuf figure;
	struct merge_result *result;
};

static int put_line(FILE *out, struct json_object *o)
{
	fputs(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), out);
	putc('\n', out);
	return ferror(out) ? -EIO : 0;
}

/* What all runs say alike, or null. */
typedef const char *(*say_fn)(const struct part *p, const char *path);

static void put_common(struct json_object *to, const struct parts *p, const char *key, say_fn say,
		       const char *path)
{
	const char *first = say(&p->part[0], path);

	for (size_t i = 1; i < p->n && first; i++) {
		const char *s = say(&p->part[i], path);

		if (!s || strcmp(s, first) != 0)
			first = NULL;
	}
	record_put_str(to, key, first);
}

static const char *say_shared(const struct part *p, const char *path)
{
	return record_str(p->shared, path, NULL);
}

static const char *say_host_id(const struct part *p, const char *path UNUSED)
{
	return p->host_id;
}

static const char *say_host_name(const struct part *p, const char *path UNUSED)
{
	return p->host_name;
}

static size_t count_machines(const struct parts *p)
{
	struct names machines = {0};
	size_t n;

	for (size_t i = 0; i < p->n; i++)
		names_add(&machines, part_machine(&p->part[i]));
	n = machines.n;
	names_release(&machines);
	return n;
}

/* The list of the runs, the last member of the header @h: headers go from file to file, one at a
 * time. */
static int put_header(FILE *out, struct json_object *h, const struct parts *p)
{
	const char *text = json_object_to_json_string_ext(h, JSON_C_TO_STRING_PLAIN);

	fprintf(out, "%.*s,\"merged\":[", (int)strlen(text) - 1, text);
	for (size_t i = 0; i < p->n; i++) {
		const struct part *it = &p->part[i];
		struct json_object *header = part_header(it);

		if (!header)
			return -EINVAL;
		fprintf(out, "%s{\"header\":%s,\"records\":%" PRIu64 ",\"end\":%s}", i ? "," : "",
			json_object_to_json_string_ext(header, JSON_C_TO_STRING_PLAIN), it->records,
			it->end ? it->end : "null");
		json_object_put(header);
		if (run_interrupted())
			return -EINTR;
	}
	fputs("]}\n", out);
	return ferror(out) ? -EIO : 0;
}

/* Named by what is in it. */
static uint64_t hash_of(const struct parts *p)
{
	uint64_t hash = FNV_BEGIN;

	for (size_t i = 0; i < p->n; i++) {
		hash = fnv_add(hash, p->part[i].id, strlen(p->part[i].id));
		hash = (hash ^ p->part[i].hash) * FNV_PRIME;
	}
	return hash;
}

/* "memmon is 2 objects: 1a2b3c4d in 3 runs, .." where runs had several of one name. */
static void tell_objects(const struct result_objects *o, struct json_object *list,
			 struct strbuf *text)
{
	struct json_object *it;

	for (size_t i = 0; i < o->named.n; i++) {
		const char *sep = ": ", *name = o->named.v[i], *tab = strchr(name, '\t');

		if (o->objects_of[i] < 2)
			continue;
		strbuf_addf(text, "%.*s%s%s is %zu objects", (int)(tab - name), name,
			    tab[1] ? " for " : "", tab + 1, o->objects_of[i]);
		record_foreach (list, it) {
			if (strncmp(name, record_str(it, "monitor", ""), (size_t)(tab - name)) ||
			    strlen(record_str(it, "monitor", "")) != (size_t)(tab - name) ||
			    strcmp(tab + 1, record_str(it, "processor", "")))
				continue;
			strbuf_addf(text, "%s%.8s in %llu runs, first in %s", sep,
				    record_str(it, "sha256", ""),
				    (unsigned long long)record_u64(it, "runs", 0),
				    record_str(it, "first_run", ""));
			sep = "; ";
		}
		strbuf_addstr(text, "\n");
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* As "objects" of a run, each with how many runs had it. */
static struct json_object *list_objects(const struct result_objects *o, const struct parts *p)
{
	struct json_object *list = json_object_new_array();
	char **sorted = calloc(o->objects.n + 1, sizeof(*sorted));

	if (!sorted)
		abort();
	memcpy(sorted, o->objects.v, o->objects.n * sizeof(*sorted));
	qsort(sorted, o->objects.n, sizeof(*sorted), by_text);
	for (size_t i = 0; i < o->objects.n; i++) {
		const char *processor = strchr(sorted[i], '\t') + 1,
			   *hash = strchr(processor, '\t') + 1, *first = NULL;
		int name = (int)(processor - 1 - sorted[i]), word = (int)(hash - 1 - processor);
		struct json_object *it = json_object_new_object(), *own;
		uint64_t runs = 0;
		bool *has = calloc(p->shared_texts.n + 1, sizeof(*has));

		if (!has)
			abort();
		record_putf(it, "monitor", "%.*s", name, sorted[i]);
		if (word)
			record_putf(it, "processor", "%.*s", word, processor);
		record_put_str(it, "sha256", hash);
		for (size_t k = 0; k < p->shared_texts.n; k++)
			record_foreach (record_get(p->shared[k], "objects"), own)
				has[k] |= !strcmp(record_str(own, "sha256", ""), hash) &&
					  !strcmp(record_str(own, "monitor", ""),
						  record_str(it, "monitor", "")) &&
					  !strcmp(record_str(own, "processor", ""),
						  record_str(it, "processor", ""));
		for (size_t k = 0; k < p->n; k++) {
			if (!has[p->part[k].shared_at])
				continue;
			first = first ? first : p->part[k].id;
			runs++;
		}
		free(has);
		record_put_u64(it, "runs", runs);
		record_put_str(it, "first_run", first);
		json_object_array_add(list, it);
	}
	free(sorted);
	return list;
}

static struct json_object *header_of(const struct parts *p, const struct result_objects *objects,
				     struct merge_result *r)
{
	struct json_object *h = record_new("run"), *host = json_object_new_object(),
			   *command = json_object_new_array();
	const char *started = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const char *s = p->part[i].started;

		started = s && (!started || strcmp(s, started) < 0) ? s : started;
		r->unfinished += !p->part[i].end;
		r->records += p->part[i].records;
	}
	r->runs = p->n;
	r->machines = count_machines(p);
	record_add_str(command, "merge");
	record_put_i64(h, "schema", RESULT_SCHEMA);
	put_common(h, p, "tool", say_shared, "tool");
	record_putf(h, "id", "merged-%016" PRIx64, hash_of(p));
	record_put_str(h, "started", started);
	record_put(h, "command", command);
	record_put_u64(host, "machines", r->machines);
	put_common(host, p, "id", say_host_id, NULL);
	put_common(host, p, "name", say_host_name, NULL);
	put_common(host, p, "kernel", say_shared, "host.kernel");
	put_common(host, p, "machine", say_shared, "host.machine");
	put_common(host, p, "cpu", say_shared, "host.cpu");
	record_put(h, "host", host);
	record_put(h, "objects", list_objects(objects, p));
	tell_objects(objects, record_get(h, "objects"), &r->text);
	return h;
}

static void judge(struct merge_result *r, struct span type, struct span status)
{
	uint64_t *const counts[STATUS_COUNT] = {[STATUS_OK] = &r->judged,
						[STATUS_FAIL] = &r->failed,
						[STATUS_VOID] = &r->void_,
						[STATUS_SKIP] = &r->skipped};

	for (size_t i = 0; i < ARRAY_SIZE(judged); i++)
		for (size_t s = 0; s < STATUS_COUNT && span_is(type, judged[i]); s++)
			*counts[s] += span_is(status, status_names[s]);
}

/* A string as it is written, without its quotes. */
static struct span word(struct span s)
{
	return s.len > 1 ? (struct span){s.s + 1, s.len - 2} : (struct span){NULL, 0};
}

static void note_worst(enum status *worst, struct span status)
{
	/* What says nothing is worth less than a skip. */
	static const int rank[STATUS_COUNT + 1] = {2, 4, 1, 3, 0};

	for (size_t s = 0; s < STATUS_COUNT; s++)
		if (span_is(status, status_names[s]) && rank[s] > rank[*worst])
			*worst = (enum status)s;
}

/* What agreement_add() looks at. Of a record with hundreds of other members these alone are built.
 */
static bool is_figure(struct span key)
{
	static const char *const members[] = {"monitor",      "kernel", "path",	 "index",
					      "instructions", "aa",	"event", "type",
					      "added_ns",     "status"};
	bool is = false;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		is |= span_is(key, members[i]);
	return is;
}

static struct json_object *build_figure(struct writing *w, struct span text)
{
	struct span key, value;
	struct scan scan;

	strbuf_reset(&w->figure);
	scan_object(&scan, text);
	while (scan_next(&scan, &key, &value) == 1) {
		if (!is_figure(key))
			continue;
		strbuf_addstr(&w->figure, w->figure.len ? ",\"" : "{\"");
		strbuf_add(&w->figure, key.s, key.len);
		strbuf_addstr(&w->figure, "\":");
		strbuf_add(&w->figure, value.s, value.len);
	}
	strbuf_addch(&w->figure, '}');
	return json_tokener_parse(w->figure.s);
}

/* Most records are only counted: what is built is what figures are taken from. 0 or -EINVAL. */
static int take_record(struct writing *w, const struct part *p, const struct strbuf *line)
{
	const struct span text = {line->s, line->len};
	struct span key, value, type = {NULL, 0}, status = {NULL, 0};
	struct json_object *o;
	struct scan scan;
	int more = -1;

	if (scan_object(&scan, text))
		while ((more = scan_next(&scan, &key, &value)) == 1) {
			if (span_is(key, "type"))
				type = word(value);
			else if (span_is(key, "status"))
				status = word(value);
		}
	if (more)
		return -EINVAL;
	judge(w->result, type, status);
	note_worst(&w->worst[p - w->parts->part], status);
	if (!span_is(type, "exact") && !span_is(type, "overhead"))
		return 0;
	o = build_figure(w, text);
	if (!o)
		return -EINVAL;
	agreement_add(w->agreement, &w->objects, p, o);
	json_object_put(o);
	return 0;
}

static int write_record(void *arg, const struct part *p, uint64_t no, const struct strbuf *line)
{
	struct writing *w = arg;

	if (take_record(w, p, line)) {
		log_err("%s: record %llu of run %s is no JSON", p->path, (unsigned long long)no,
			p->id);
		return -EINVAL;
	}
	fwrite(line->s, 1, line->len, w->out);
	putc('\n', w->out);
	return ferror(w->out) ? -EIO : 0;
}

static int write_summary(struct writing *w)
{
	struct merge_result *r = w->result;
	struct json_object *all = agreement_records(w->agreement, &r->agree, &r->differ, &r->text),
			   *end = record_new("end"), *o,
			   *cells = merge_cells(w->parts, w->worst, w->plan, r);
	int err = 0;

	record_foreach (all, o)
		err = err ? err : put_line(w->out, o);
	r->judged += r->failed + r->agree + r->differ;
	record_put_str(end, "status",
		       r->failed || r->differ			 ? "fail"
		       : r->unfinished || r->void_ || r->missing ? "void"
		       : r->judged && !r->not_run		 ? "ok"
								 : "skip");
	record_put_u64(end, "runs", r->runs);
	record_put_u64(end, "machines", r->machines);
	record_put_u64(end, "unfinished", r->unfinished);
	record_put_u64(end, "failed", r->failed);
	record_put_u64(end, "void", r->void_);
	record_put_u64(end, "agree", r->agree);
	record_put_u64(end, "differ", r->differ);
	if (cells)
		record_put(end, "cells", cells);
	err = err ? err : put_line(w->out, end);
	json_object_put(end);
	json_object_put(all);
	return err;
}

static int write_all(const struct parts *p, struct writing *w)
{
	struct json_object *header;
	size_t last = SIZE_MAX;
	int err;

	for (size_t i = 0; i < p->n; i++) {
		w->worst[i] = STATUS_COUNT;
		if (p->part[i].shared_at != last)
			result_objects_add(&w->objects, p->part[i].shared);
		last = p->part[i].shared_at;
	}
	header = header_of(p, &w->objects, w->result);
	err = put_header(w->out, header, p);
	json_object_put(header);
	for (size_t i = 0; i < p->n && !err; i++)
		err = part_each(&p->part[i], write_record, w);
	return err ? err : write_summary(w);
}

int merge_write(const struct parts *p, const char *path, const struct names *plan,
		struct merge_result *out)
{
	struct writing w = {.parts = p,
			    .plan = plan,
			    .worst = calloc(p->n + 1, sizeof(*w.worst)),
			    .figure = STRBUF_INIT,
			    .result = out};
	struct outfile file = OUTFILE_INIT;
	int err;

	if (!w.worst)
		abort();
	*out = (struct merge_result){.text = STRBUF_INIT};
	w.agreement = agreement_new();
	err = outfile_begin(&file, path, 0666);
	w.out = err ? NULL : fdopen(dup(file.fd), "w");
	if (w.out)
		err = write_all(p, &w);
	else
		err = err ? err : -errno;
	if (w.out && fclose(w.out) && (!err || err == -EIO))
		err = -errno;
	err = err ? err : outfile_place(&file);
	if (err && err != -EINVAL && err != -EINTR)
		log_err_sys(err, "cannot write %s", path);
	outfile_end(&file);
	agreement_free(w.agreement);
	result_objects_release(&w.objects);
	free(w.worst);
	strbuf_release(&w.figure);
	return err;
}
