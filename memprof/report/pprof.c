/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The format of Go's pprof (github.com/google/pprof, proto/profile.proto): a protobuf message,
 * written by hand, in gzip. What real readers want beyond the schema: one location for each frame
 * with its function and small ids (speedscope shows only one line of a location, and cuts ids);
 * mappings with their has_ flags, or pprof tries to find names again; a function's system_name is
 * the linker's name or none, since pprof would take template arguments out of a name that is both;
 * a sample at least, since it refuses a profile of none.
 */
#include "lib/base.h"
#include "memprof/report/report.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/names.h"
#include "lib/pack.h"
#include "lib/printable.h"

/* Field numbers of profile.proto. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE,
	PROFILE_MAPPING,
	PROFILE_LOCATION,
	PROFILE_FUNCTION,
	PROFILE_STRINGS,
	PROFILE_TIME_NANOS = 9,
	PROFILE_DURATION_NANOS,
	PROFILE_PERIOD_TYPE,
	PROFILE_PERIOD,
	PROFILE_COMMENT,
	PROFILE_DEFAULT_SAMPLE_TYPE,

	TYPE_TYPE = 1,
	TYPE_UNIT,

	SAMPLE_LOCATIONS = 1,
	SAMPLE_VALUES,
	SAMPLE_LABEL,

	LABEL_KEY = 1,
	LABEL_STR,
	LABEL_NUM,

	MAPPING_ID = 1,
	MAPPING_START,
	MAPPING_LIMIT,
	MAPPING_OFFSET,
	MAPPING_FILE,
	MAPPING_BUILD_ID,
	MAPPING_HAS_FUNCTIONS,
	MAPPING_HAS_FILENAMES,
	MAPPING_HAS_LINES,
	MAPPING_HAS_INLINES,

	LOCATION_ID = 1,
	LOCATION_MAPPING,
	LOCATION_ADDRESS,
	LOCATION_LINE,

	LINE_FUNCTION = 1,
	LINE_LINE,

	FUNCTION_ID = 1,
	FUNCTION_NAME,
	FUNCTION_SYSTEM_NAME,
	FUNCTION_FILE,
};

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

/* Of a profile without frees the first two: 0 live would be a lie. */
static const size_t shown[] = {VALUE_ALLOCS, VALUE_BYTES, VALUE_LIVE_BLOCKS, VALUE_LIVE};

struct writer {
	const struct report_side *side;
	size_t nshown;
	struct strbuf *out;
	struct strbuf part, inner; /* scratch */
	struct names strings;
	struct names functions; /* by "name\0..": see function_of() */
	struct names locations;
};

static void add_number(struct strbuf *out, int field, uint64_t v)
{
	if (!v)
		return;
	pack_varint(out, (uint64_t)field << 3 | WIRE_VARINT);
	pack_varint(out, v);
}

static void add_bytes(struct strbuf *out, int field, const void *data, size_t len)
{
	pack_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
	pack_varint(out, len);
	strbuf_add(out, data, len);
}

/* A message within a message; @part is empty afterwards. */
static void add_part(struct strbuf *out, int field, struct strbuf *part)
{
	add_bytes(out, field, part->s, part->len);
	strbuf_reset(part);
}

/* protobuf has its strings in UTF-8. */
static uint64_t string(struct writer *w, const char *s)
{
	struct strbuf whole = STRBUF_INIT;
	uint64_t place;

	printable_add_utf8(&whole, s ? s : "", s ? strlen(s) : 0);
	place = names_add(&w->strings, whole.s);
	strbuf_release(&whole);
	return place;
}

static void add_type(struct writer *w, int field, const char *type, const char *unit)
{
	add_number(&w->part, TYPE_TYPE, string(w, type));
	add_number(&w->part, TYPE_UNIT, string(w, unit));
	add_part(w->out, field, &w->part);
}

static void add_label(struct writer *w, const char *key, const char *text, uint64_t number)
{
	add_number(&w->inner, LABEL_KEY, string(w, key));
	if (text)
		add_number(&w->inner, LABEL_STR, string(w, text));
	add_number(&w->inner, LABEL_NUM, number);
	add_part(&w->part, SAMPLE_LABEL, &w->inner);
}

static uint64_t function_of(struct writer *w, const struct report_step *s)
{
	const char *file = s->symbol ? s->symbol->file : NULL;
	const char *mangled = s->symbol ? s->symbol->mangled : NULL;
	struct strbuf key = STRBUF_INIT, part = STRBUF_INIT;
	size_t before = w->functions.n, place;

	strbuf_addf(&key, "%s\n%s\n%s", s->name, mangled ? mangled : "", file ? file : "");
	place = names_add(&w->functions, key.s);
	if (place == before) {
		add_number(&part, FUNCTION_ID, place + 1);
		add_number(&part, FUNCTION_NAME, string(w, s->name));
		add_number(&part, FUNCTION_SYSTEM_NAME, string(w, mangled));
		add_number(&part, FUNCTION_FILE, string(w, file));
		add_part(w->out, PROFILE_FUNCTION, &part);
	}
	strbuf_release(&key);
	strbuf_release(&part);
	return place + 1;
}

static uint64_t location_of(struct writer *w, const struct report_step *s)
{
	uint64_t function = function_of(w, s), mapping = 0, address = 0;
	uint32_t line = s->symbol ? s->symbol->line : 0;
	struct strbuf key = STRBUF_INIT, part = STRBUF_INIT, inner = STRBUF_INIT;
	size_t before = w->locations.n, place;

	if (s->frame != PROFILE_NONE) {
		const struct profile_frame *f = &w->side->p->frames[s->frame];

		mapping = f->module == PROFILE_NONE ? 0 : (uint64_t)f->module + 1;
		address = f->address;
	}
	strbuf_addf(&key, "%llu %u %llu %llu", (unsigned long long)function, line,
		    (unsigned long long)mapping, (unsigned long long)address);
	place = names_add(&w->locations, key.s);
	if (place == before) {
		add_number(&inner, LINE_FUNCTION, function);
		add_number(&inner, LINE_LINE, line);
		add_number(&part, LOCATION_ID, place + 1);
		add_number(&part, LOCATION_MAPPING, mapping);
		add_number(&part, LOCATION_ADDRESS, address);
		add_part(&part, LOCATION_LINE, &inner);
		add_part(w->out, PROFILE_LOCATION, &part);
	}
	strbuf_release(&key);
	strbuf_release(&part);
	strbuf_release(&inner);
	return place + 1;
}

static void add_sample(struct writer *w, const struct report_path *path,
		       const struct profile_stack *s)
{
	const struct profile *p = w->side->p;

	strbuf_reset(&w->inner);
	for (size_t i = path->n; i-- > 0;)
		pack_varint(&w->inner, location_of(w, &path->at[i]));
	add_part(&w->part, SAMPLE_LOCATIONS, &w->inner);
	for (size_t i = 0; i < w->nshown; i++)
		pack_varint(&w->inner, report_value_of(shown[i], &s->values));
	add_part(&w->part, SAMPLE_VALUES, &w->inner);
	if (s->process != PROFILE_NONE) {
		add_label(w, "pid", NULL, p->processes[s->process].pid);
		add_label(w, "comm", p->processes[s->process].comm, 0);
	}
	if (s->thread)
		add_label(w, "tid", NULL, s->thread);
	add_part(w->out, PROFILE_SAMPLE, &w->part);
}

static void add_mappings(struct writer *w)
{
	const struct profile *p = w->side->p;
	struct strbuf id = STRBUF_INIT;

	for (size_t i = 0; i < p->nmodules; i++) {
		const struct profile_module *m = &p->modules[i];

		strbuf_reset(&id);
		for (uint32_t k = 0; k < m->build_id_len; k++)
			strbuf_addf(&id, "%02x", m->build_id[k]);
		add_number(&w->part, MAPPING_ID, i + 1);
		add_number(&w->part, MAPPING_START, m->start);
		add_number(&w->part, MAPPING_LIMIT, m->end);
		/* Address - start + offset is then the address in the file. */
		add_number(&w->part, MAPPING_OFFSET, m->start - m->bias);
		add_number(&w->part, MAPPING_FILE, string(w, m->path));
		add_number(&w->part, MAPPING_BUILD_ID, string(w, id.s));
		for (int flag = MAPPING_HAS_FUNCTIONS; flag <= MAPPING_HAS_INLINES; flag++)
			add_number(&w->part, flag, 1);
		add_part(w->out, PROFILE_MAPPING, &w->part);
	}
	strbuf_release(&id);
}

static void add_strings(struct writer *w)
{
	for (size_t i = 0; i < w->strings.n; i++)
		add_bytes(w->out, PROFILE_STRINGS, w->strings.v[i], strlen(w->strings.v[i]));
}

static void write_message(struct writer *w, const struct report *r)
{
	const struct profile *p = w->side->p;
	static const struct profile_stack none = {.process = PROFILE_NONE};
	struct report_path path = {0};

	string(w, "");
	for (size_t i = 0; i < w->nshown; i++)
		add_type(w, PROFILE_SAMPLE_TYPE, report_values[shown[i]].pprof,
			 report_values[shown[i]].unit);
	for (size_t i = 0; i < MAX(p->nstacks, (size_t)1); i++) {
		const struct profile_stack *s = p->nstacks ? &p->stacks[i] : &none;

		report_path_of(&path, w->side, s, r->split);
		add_sample(w, &path, s);
	}
	add_mappings(w);
	add_number(w->out, PROFILE_TIME_NANOS, p->start_ns);
	if (p->end_ns > p->start_ns)
		add_number(w->out, PROFILE_DURATION_NANOS, p->end_ns - p->start_ns);
	add_type(w, PROFILE_PERIOD_TYPE, "space", "bytes");
	add_number(w->out, PROFILE_PERIOD, p->rate ? p->rate : 1);
	/* What was asked for, where it is one that the format has; else the last one. */
	if (report_values[r->value].pprof)
		add_number(w->out, PROFILE_DEFAULT_SAMPLE_TYPE,
			   string(w, report_values[r->value].pprof));
	add_strings(w);
	report_path_release(&path);
}

static int gzip(struct strbuf *out, const struct strbuf *data)
{
	enum { WINDOW = 15, GZIP = 16, MEMORY = 8 };
	z_stream z = {.next_in = (Bytef *)data->s, .avail_in = (uInt)data->len};
	unsigned char piece[65536];
	int end;

	if (data->len > UINT32_MAX)
		return -EFBIG;
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW + GZIP, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	do {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		end = deflate(&z, Z_FINISH);
		strbuf_add(out, piece, sizeof(piece) - z.avail_out);
	} while (end == Z_OK);
	deflateEnd(&z);
	return 0;
}

int report_pprof(const struct report *r, struct strbuf *out)
{
	struct strbuf message = STRBUF_INIT;
	struct writer w = {.nshown = r->side[0].p->frees_known ? 4 : 2,
			   .side = &r->side[0],
			   .out = &message,
			   .part = STRBUF_INIT,
			   .inner = STRBUF_INIT};
	int err;

	write_message(&w, r);
	err = gzip(out, &message);
	names_release(&w.strings);
	names_release(&w.functions);
	names_release(&w.locations);
	strbuf_release(&w.part);
	strbuf_release(&w.inner);
	strbuf_release(&message);
	return err;
}
