/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A run on disk: one record a line in run.json, written through a sink and read back as a run_file.
 *
 * The sink keeps every record in memory and writes it at once, as one line; an error cuts the file
 * back to whole lines, so that it stays readable. Doubles are written as the shortest text that
 * reads back as the same; what is no number is null. The reader takes the file line by line and
 * refuses, with file and line, what a reporter could not make sense of; a last line that was cut
 * off is left out.
 */
#include "lib/base.h"
#include "harness/result.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/plugin.h"
#include "harness/result_head.h"
#include "harness/result_merged.h"
#include "harness/result_share.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/hold.h"
#include "lib/log.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

enum { JSON_LINE = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE };

struct sink {
	char *path; /* NULL: memory only */
	int fd;	    /* -1: memory only */
	off_t size; /* bytes of whole lines written; -1: not ours to cut back */
	struct json_object *records;
};

/* Shortest text that reads back as the same double; JSON has no word for the others but null. */
static int print_double(struct json_object *o, struct printbuf *pb, int level UNUSED,
			int flags UNUSED)
{
	double v = json_object_get_double(o);
	char text[40] = "null";

	if (isfinite(v)) {
		for (int digits = 6; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, v);
			if (strtod(text, NULL) == v)
				break;
		}
		if (!strpbrk(text, ".e"))
			strcat(text, ".0");
	}
	return printbuf_memappend(pb, text, (int)strlen(text));
}

static void set_double_printer(struct json_object *o)
{
	if (json_object_is_type(o, json_type_double)) {
		json_object_set_serializer(o, print_double, NULL, NULL);
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			set_double_printer(json_object_array_get_idx(o, i));
	} else if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach (o, key, value) {
			(void)key;
			set_double_printer(value);
		}
	}
}

/* Takes the results file for this process, until it is closed or we end; what is in it goes only
 * then. */
static int take_file(const struct sink *s)
{
	char who[HOLD_WHO_BYTES];
	struct stat st;
	int err = hold_file(s->fd, who);

	if (err == -EBUSY)
		log_err("%s is being written by %s: two runs into one folder would spoil each "
			"other; name another with --out",
			s->path, *who ? who : "another run");
	if (err || fstat(s->fd, &st) || !S_ISREG(st.st_mode))
		return err;
	return ftruncate(s->fd, 0) ? -errno : 0;
}

/* @path "-" is our own stdout, which goes on where it is. */
static int open_file(struct sink *s)
{
	int err;

	s->fd = strcmp(s->path, "-") ? open(s->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)
				     : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0) {
		err = -errno;
		log_err_sys(err, "cannot write results to %s (name another folder with --out)",
			    s->path);
		return err;
	}
	if (!strcmp(s->path, "-")) {
		s->size = -1;
		return 0;
	}
	err = take_file(s);
	if (err && err != -EBUSY)
		log_err_sys(err, "cannot write results to %s (name another folder with --out)",
			    s->path);
	return err;
}

int sink_open(struct sink **out, const char *path)
{
	struct sink *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return -ENOMEM;
	s->fd = -1;
	s->records = json_object_new_array();
	if (path) {
		s->path = strdup(path);
		err = open_file(s);
	}
	if (err)
		sink_close(s);
	else
		*out = s;
	return err;
}

/* Writes all of @text; on an error cuts the file back to whole lines, so that it stays readable. */
static int write_line(struct sink *s, const char *text, size_t len)
{
	int err = fd_write_all(s->fd, text, len);

	if (err) {
		if (s->size >= 0 && ftruncate(s->fd, s->size))
			log_dbg("%s is no regular file: not cut back to its last whole line",
				s->path);
		return err;
	}
	if (s->size >= 0)
		s->size += (off_t)len;
	return 0;
}

int sink_emit(struct sink *s, struct json_object *record)
{
	struct json_object *type;
	struct strbuf line = STRBUF_INIT;
	int err = 0;

	if (!json_object_object_get_ex(record, "type", &type) ||
	    !json_object_is_type(type, json_type_string)) {
		log_err("a record without a \"type\" was emitted: %.200s",
			json_object_to_json_string(record));
		json_object_put(record);
		return -EINVAL;
	}
	set_double_printer(record);
	record_make_utf8(record);
	json_object_array_add(s->records, record);
	if (s->fd < 0)
		return 0;
	printable_add_json(&line, json_object_to_json_string_ext(record, JSON_LINE));
	strbuf_addch(&line, '\n');
	err = write_line(s, line.s, line.len);
	if (err)
		log_err_sys(
			err,
			"cannot write results to %s (records so far are kept; make room or name "
			"another folder with --out)",
			s->path);
	strbuf_release(&line);
	return err;
}

struct json_object *sink_records(struct sink *s)
{
	return s->records;
}

int sink_close(struct sink *s)
{
	int err = 0;

	if (!s)
		return 0;
	/* EINVAL, ENOTSUP, EROFS: a pipe or device, where there is nothing to wait for. */
	if (s->fd >= 0 && fsync(s->fd) && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
		err = -errno;
	if (s->fd >= 0 && close(s->fd) && !err)
		err = -errno;
	if (err)
		log_err_sys(err, "results did not reach the disk: %s", s->path);
	json_object_put(s->records);
	free(s->path);
	free(s);
	return err;
}

struct json_object *result_interval(double centre, double low, double high, double confidence)
{
	struct json_object *o = json_object_new_object();

	record_put_num(o, "centre", centre);
	record_put_num(o, "low", low);
	record_put_num(o, "high", high);
	record_put_num(o, "confidence", confidence);
	set_double_printer(o);
	return o;
}

struct json_object *result_doubles(const double *v, size_t n)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(a, json_object_new_double(v[i]));
	set_double_printer(a);
	return a;
}

struct json_object *result_end(struct json_object *records, const char *status, int exit_code,
			       uint64_t elapsed_ns)
{
	struct json_object *end = record_new("end"), *counts = json_object_new_object(), *o;
	uint64_t n[STATUS_COUNT + 1] = {0};

	record_foreach (records, o)
		n[record_status(o)]++;
	for (size_t i = 0; i < STATUS_COUNT; i++)
		record_put_u64(counts, status_names[i], n[i]);
	record_put_str(end, "status", status);
	record_put_i64(end, "exit", exit_code);
	record_put_u64(end, "elapsed_ns", elapsed_ns);
	record_put(end, "counts", counts);
	return end;
}

/*
 * Keys that a record of a known type with figures cannot be without. One that says why it has none
 * ("skip", "void") may lack them: it says what it can.
 */
static const struct {
	const char *type, *key;
	enum json_type kind;
} required[] = {
	{"trial", "monitor", json_type_string},
	{"trial", "workload", json_type_string},
	{"trial", "status", json_type_string},
	{"overhead", "event", json_type_string},
	{"overhead", "monitor", json_type_string},
	{"slowdown", "workload", json_type_string},
	{"exact", "monitor", json_type_string},
	{"slowdown", "monitor", json_type_string},
	{"collector", "monitor", json_type_string},
	{"ringbuf", "mode", json_type_string},
	{"losscurve", "offered_per_s", json_type_double},
};

static const char *record_type(struct json_object *o)
{
	struct json_object *t;

	if (!json_object_object_get_ex(o, "type", &t) || !json_object_is_type(t, json_type_string))
		return NULL;
	return json_object_get_string(t);
}

static bool is_kind(struct json_object *v, enum json_type kind)
{
	/* A figure that was not measured is null. */
	if (kind == json_type_double && (!v || json_object_is_type(v, json_type_int)))
		return true;
	return json_object_is_type(v, kind);
}

static bool has_no_figures(struct json_object *o)
{
	enum status s = record_status(o);

	return s == STATUS_SKIP || s == STATUS_VOID;
}

static int check_record(const char *path, unsigned int line, struct json_object *o)
{
	const char *type = record_type(o);
	struct json_object *v;

	if (!type) {
		log_err("%s:%u: the record has no \"type\" (docs/results.md lists the types)", path,
			line);
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
		if (strcmp(type, required[i].type))
			continue;
		if (!json_object_object_get_ex(o, required[i].key, &v)
			    ? has_no_figures(o)
			    : is_kind(v, required[i].kind))
			continue;
		log_err("%s:%u: a record of type \"%s\" needs \"%s\", a %s", path, line, type,
			required[i].key,
			required[i].kind == json_type_string ? "string" : "number");
		return -EINVAL;
	}
	return 0;
}

static int check_header(const char *path, unsigned int line, struct json_object *o)
{
	struct json_object *v;
	int64_t schema;

	if (strcmp(record_type(o), "run")) {
		log_err("%s:%u: the first record is of type \"%s\", not \"run\": not the beginning "
			"of a run's results",
			path, line, record_type(o));
		return -EINVAL;
	}
	if (!json_object_object_get_ex(o, "schema", &v) || !json_object_is_type(v, json_type_int)) {
		log_err("%s:%u: the run has no \"schema\" number", path, line);
		return -EINVAL;
	}
	schema = json_object_get_int64(v);
	if (schema < 1 || schema > RESULT_SCHEMA) {
		log_err("%s:%u: schema %lld, this beebench reads 1 to %d: use the version that "
			"wrote it, or a newer one",
			path, line, (long long)schema, RESULT_SCHEMA);
		return -EPROTO;
	}
	return 0;
}

/* Parses one line, all of it. NULL after filling @why. */
static struct json_object *parse_line(const char *text, size_t len, struct strbuf *why)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o = NULL;
	enum json_tokener_error jerr;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, text, (int)len);
	jerr = json_tokener_get_error(tok);
	if (jerr == json_tokener_continue)
		strbuf_addf(why, "the line ends in the middle of a record, at column %zu", len);
	else if (jerr != json_tokener_success)
		strbuf_addf(why, "%s, at column %zu", json_tokener_error_desc(jerr),
			    json_tokener_get_parse_end(tok) + 1);
	else if (json_tokener_get_parse_end(tok) < len)
		strbuf_addf(why, "text after the record, at column %zu",
			    json_tokener_get_parse_end(tok) + 1);
	else if (!json_object_is_type(o, json_type_object))
		strbuf_addstr(why, "not an object");
	if (why->len) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

static int take_record(struct run_file *r, const char *path, unsigned int line,
		       struct json_object *o)
{
	int err = check_record(path, line, o);

	record_make_utf8(o);
	if (!err && !r->header)
		err = check_header(path, line, o);
	if (!err && r->end) {
		log_err("%s:%u: a record after the end of the run: two runs in one file?", path,
			line);
		err = -EINVAL;
	}
	if (err) {
		json_object_put(o);
		return err;
	}
	if (!r->header)
		r->header = o;
	else if (!strcmp(record_type(o), "end"))
		r->end = o;
	else
		json_object_array_add(r->records, o);
	return 0;
}

/* A file that is being read. */
struct reading {
	struct run_file *r;
	const char *path;
	unsigned int line;
	struct merged *merged; /* NULL: the run of one machine */
};

static int take_parsed(struct reading *in, struct json_object *o)
{
	struct run_file *r = in->r;
	size_t before = json_object_array_length(r->records);
	bool first = !r->header;
	int err;

	err = take_record(r, in->path, in->line, o);
	if (!err && first)
		in->merged = merged_begin(r->header);
	if (err || json_object_array_length(r->records) == before)
		return err;
	if (in->merged) {
		merged_keep(in->merged, o);
		json_object_array_del_idx(r->records, before, 1);
	} else {
		json_object_array_put_idx(r->records, before,
					  shares_take(r->shares, json_object_get(o)));
	}
	return 0;
}

/* A record like those before it, without more ado; false: whatever it is, parsing it all tells. */
static bool take_usual(struct run_file *r, const char *text, size_t len)
{
	struct json_object *o = shares_take_text(r->shares, text, len);
	bool usual = o && !record_is(o, "end");

	for (size_t i = 0; i < ARRAY_SIZE(required) && usual; i++)
		usual = !record_is(o, required[i].type) ||
			is_kind(record_get(o, required[i].key), required[i].kind);
	if (usual)
		json_object_array_add(r->records, o);
	else
		json_object_put(o);
	return usual;
}

/* The line in @text, of @len bytes; @whole: it has an end. */
static int read_line(struct reading *in, const char *text, size_t len, bool whole)
{
	struct run_file *r = in->r;
	const char *path = in->path;
	unsigned int line = ++in->line;
	struct strbuf why = STRBUF_INIT;
	struct json_object *o;
	int err = 0;

	if (len && text[len - 1] == '\r')
		len--;
	if (strspn(text, " \t\r") >= len)
		return 0;
	if (in->merged && !r->end && merged_counts(in->merged, text, len))
		return 0;
	if (!in->merged && r->header && !r->end && take_usual(r, text, len))
		return 0;
	o = parse_line(text, len, &why);
	if (o) {
		err = take_parsed(in, o);
	} else if (!whole && r->header) {
		log_warn("%s:%u: the last record was cut off and is left out", path, line);
	} else {
		log_err("%s:%u: not valid JSON: %s; a run is one object a line "
			"(docs/results.md)",
			path, line, why.s);
		err = -EINVAL;
	}
	strbuf_release(&why);
	return err;
}

/* The runs that a merged run's header lists, each sharing what is alike in others: they may be a
 * hundred thousand. NULL: this is no such list. */
static struct json_object *take_list(struct run_file *r, FILE *f)
{
	struct json_object *list = json_object_new_array(), *o;
	struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	int c = head_sign(f);

	if (c != ']')
		ungetc(c, f);
	while (c != ']' && !run_interrupted()) {
		strbuf_reset(&text);
		o = head_value(f, &text) ? parse_line(text.s, text.len, &why) : NULL;
		if (!o)
			break;
		record_make_utf8(o);
		json_object_array_add(list, shares_take(r->shares, o));
		c = head_sign(f);
		if (c != ',' && c != ']')
			break;
	}
	if (c != ']' || head_sign(f) != '}' || head_sign(f) != '\n') {
		json_object_put(list);
		list = NULL;
	}
	strbuf_release(&text);
	strbuf_release(&why);
	return list;
}

/* The header of a merged run, run by run. Anything else is left to who reads line by line, and says
 * what is wrong. */
static int read_merged_header(struct reading *in, FILE *f)
{
	struct strbuf head = STRBUF_INIT, why = STRBUF_INIT;
	struct json_object *o = NULL, *list = NULL;
	struct stat st;
	int err = 0;

	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
		return 0;
	if (head_take(f, &head) == HEAD_MERGED)
		o = parse_line(head.s, head.len, &why);
	if (o)
		list = take_list(in->r, f);
	if (list) {
		in->line = 1;
		record_put(o, "merged", list);
		err = take_parsed(in, o);
	} else {
		json_object_put(o);
		rewind(f);
	}
	strbuf_release(&head);
	strbuf_release(&why);
	return err;
}

static int read_lines(struct run_file *r, const char *path, FILE *f)
{
	struct reading in = {.r = r, .path = path};
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	/* Who was interrupted before reads what he had, for its report. */
	bool was = run_interrupted();
	int err = read_merged_header(&in, f);

	errno = 0;
	while (!err && (len = getline(&text, &room, f)) > 0) {
		bool whole = text[len - 1] == '\n';

		if (whole)
			text[--len] = '\0';
		err = read_line(&in, text, (size_t)len, whole);
		if (!err && !was && run_interrupted())
			err = -EINTR;
		errno = 0;
	}
	if (!err && ferror(f)) {
		err = -errno;
		log_err_sys(err, "cannot read %s", path);
	}
	if (!err && !r->header) {
		log_err("%s: empty: the run wrote nothing", path);
		err = -EINVAL;
	}
	if (!err && in.merged)
		merged_end(in.merged, r);
	merged_free(in.merged);
	free(text);
	return err;
}

/* Finds the file and the folder a path means. The caller frees both. */
static int locate(const char *path, char **file, char **dir)
{
	struct stat st;

	if (stat(path, &st)) {
		int err = -errno;

		log_err_sys(err, "no run at %s (give its folder, results/runs/ID, or its run.json)",
			    path);
		return err;
	}
	if (S_ISCHR(st.st_mode)) {
		log_err("%s is a device, no run (give a run's folder, results/runs/ID, or its "
			"run.json)",
			path);
		return -EINVAL;
	}
	if (S_ISDIR(st.st_mode)) {
		*dir = strdup(path);
		if (asprintf(file, "%s/run.json", path) < 0)
			abort();
	} else {
		const char *slash = strrchr(path, '/');

		*file = strdup(path);
		*dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
			     : strdup(".");
	}
	return 0;
}

int run_file_read(struct run_file **out, const char *path)
{
	struct run_file *r = calloc(1, sizeof(*r));
	char *file = NULL, *dir = NULL;
	FILE *f = NULL;
	int err;

	if (!r)
		return -ENOMEM;
	r->records = json_object_new_array();
	r->shares = shares_new();
	err = locate(path, &file, &dir);
	if (err)
		goto out;
	r->dir = dir;
	f = fopen(file, "re");
	if (!f) {
		err = -errno;
		log_err_sys(err, "cannot read %s", file);
		goto out;
	}
	err = read_lines(r, file, f);
	shares_end(r->shares);
	fclose(f);
out:
	free(file);
	if (err) {
		run_file_release(r);
		return err;
	}
	*out = r;
	return 0;
}

void run_file_release(struct run_file *r)
{
	if (!r)
		return;
	json_object_put(r->header);
	json_object_put(r->records);
	json_object_put(r->end);
	shares_free(r->shares);
	free((char *)(uintptr_t)r->dir);
	free(r);
}
