/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sink records go into, and the reader that gets them back. */
#include "lib/base.h"
#include "harness/result.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "lib/log.h"
#include "lib/strbuf.h"

enum { JSON_LINE = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE };

struct sink {
	char *path; /* NULL: memory only */
	int fd;	    /* -1: memory only */
	off_t size; /* bytes of whole lines written */
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

int sink_open(struct sink **out, const char *path)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fd = -1;
	s->records = json_object_new_array();
	if (path) {
		s->path = strdup(path);
		s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (s->fd < 0) {
			int err = -errno;

			log_err_sys(err,
				    "cannot write results to %s (name another folder with --out)",
				    path);
			sink_close(s);
			return err;
		}
	}
	*out = s;
	return 0;
}

/* Writes all of @text; on an error cuts the file back to whole lines, so that it stays readable. */
static int write_line(struct sink *s, const char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(s->fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			if (ftruncate(s->fd, s->size))
				log_dbg("%s is no regular file: not cut back to its last whole "
					"line",
					s->path);
			return err;
		}
		done += (size_t)n;
	}
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
	json_object_array_add(s->records, record);
	if (s->fd < 0)
		return 0;
	strbuf_addstr(&line, json_object_to_json_string_ext(record, JSON_LINE));
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

	json_object_object_add(o, "centre", json_object_new_double(centre));
	json_object_object_add(o, "low", json_object_new_double(low));
	json_object_object_add(o, "high", json_object_new_double(high));
	json_object_object_add(o, "confidence", json_object_new_double(confidence));
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
