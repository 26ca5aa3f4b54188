/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a monitor's maps say, map by map, whatever their keys and values are made of. The caller
 * says which maps a definition has (a wish each); the collector finds them in an object through its
 * BTF and its manifest's "counters", or in what bpftrace prints, and gives all of them alike: rows
 * whose key is the text that bpftrace would print ("bash,3").
 */
#ifndef COLLECTOR_FIGURES_H
#define COLLECTOR_FIGURES_H

#include "lib/arena.h"
#include "lib/base.h"
#include "lib/strbuf.h"

enum { FIGURE_PARTS_MAX = 16 };

/* What a row's value is. */
enum figure_form {
	FIGURE_NUMBER,
	FIGURE_TEXT,
	FIGURE_AVERAGE, /* and, where it keeps them, count and sum */
	FIGURE_STATS,	/* count and sum */
	FIGURE_BUCKETS,
};

/* What becomes of the values that the CPUs have of one key. */
enum figure_join { FIGURE_SUM, FIGURE_MIN, FIGURE_MAX };

/* A part of a key, of a definition or of a map. */
struct figure_part {
	char name[64];
	bool text; /* characters up to a 0; else a number */
	bool is_signed;
	uint32_t bytes;	 /* of a text: its capacity */
	uint32_t offset; /* of a map's: in its key */
};

/* A map of a definition. */
struct figure_wish {
	const char *name; /* "@failed" */
	struct figure_part parts[FIGURE_PARTS_MAX];
	size_t nparts;
	enum figure_form form;
	enum figure_join join;
	bool is_signed;		 /* its numbers */
	int64_t low, high, step; /* of buckets: step 0: powers of two */
};

struct figure_bucket {
	int64_t from;  /* the lowest value that it holds */
	bool open_low; /* the first of all: everything below the next one */
	uint64_t count;
};

struct figure_row {
	const char *key; /* its parts joined by commas; "" where the map has no key */
	uint64_t value;	 /* of a number: 64 bits, as its type extends it; of an average: that */
	uint64_t count, sum;
	bool has_count; /* an average knows count and sum */
	const char *text;
	const struct figure_bucket *buckets; /* those that are not empty, in order */
	size_t nbuckets;
};

/* What a monitor has of one wish. */
struct figure_map {
	const char *name;	 /* the wish's */
	const char *map;	 /* the monitor's own name of it */
	struct figure_row *rows; /* sorted by key */
	size_t n;
	/* How it keeps them; of a script nothing is known but the keys it has room for. */
	struct figure_part parts[FIGURE_PARTS_MAX];
	size_t nparts;
	uint32_t value_bytes; /* of a number; 0: not known */
	bool value_signed;
	uint32_t room;	 /* keys it can hold; 0: not known */
	bool low_joined; /* its first bucket holds 0 and 1, which a definition's hist() keeps apart
			  */
};

/* A record of a ring as texts, one for each field that the manifest names. */
struct figure_event {
	const char **field;
};

struct figures {
	struct figure_map *maps; /* as the wishes */
	size_t n;
	/* Records, in the order of the ring. */
	struct figure_event *events;
	size_t nevents;
	const char **lines; /* that a script printed, without their ends */
	size_t nlines;
	struct arena arena;
};

struct monitor;

/* Does the monitor have them? 0, or -EINVAL after saying (lib/why.h) which map or field is missing
 * or does not fit, and what there is. Nothing is read. */
int monitor_figures_fit(const struct monitor *m, const struct figure_wish *wishes, size_t n,
			struct strbuf *why);
/* It is an object and has no map for this wish, by its own name or the manifest's. */
bool monitor_figures_lack(const struct monitor *m, const struct figure_wish *wish);
/*
 * What they hold now, into @out, which is empty but for events: summed over CPUs; of a script,
 * after monitor_detach(). 0 or -errno after saying why. The caller releases @out in any case.
 */
int monitor_figures(struct monitor *m, const struct figure_wish *wishes, size_t n,
		    struct figures *out);
/* Adds a record, of an object whose manifest says what its fields mean. */
void monitor_figures_event(const struct monitor *m, const void *record, size_t bytes,
			   struct figures *out);
void monitor_figures_release(struct figures *f);

/* What the manifest says of its records: @n fields, NULL and 0 where it says nothing. */
struct figure_record_field {
	const char *field; /* of the struct */
	const char
		*means; /* of the definition: a field of its printf(), or with @at an expression */
	bool text;
};
const struct figure_record_field *monitor_record(const struct monitor *m, size_t *n,
						 const char **at);

/* --- for those who fill them --- */

/* A number as a part of a key. */
void figure_add_number(struct strbuf *key, uint64_t value, bool is_signed);
/* A row that is yet to be filled; good until the next one. */
struct figure_row *figure_add_row(struct figures *f, struct figure_map *map, const char *key);
/* Sorts by key. */
void figure_map_finish(struct figure_map *map);
const struct figure_row *figure_find(const struct figure_map *map, const char *key);

#endif
