/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names a monitor uses, mapped to those of its subject: the same by default, or from a JSON
 * file (docs/adding-a-monitor.md). */
#ifndef COLLECTOR_MANIFEST_H
#define COLLECTOR_MANIFEST_H

#include "collector/collect.h"
#include "collector/figures.h"

#define MANIFEST_SCHEMA 1

/* What every event may have; behind it come the values of the vocabulary. */
enum event_field {
	EVENT_TIMESTAMP,
	EVENT_PID,
	EVENT_TGID,
	EVENT_COMM,
	EVENT_COMMON,
	EVENT_FIELDS_MAX = EVENT_COMMON + EVENT_VALUES_MAX,
};

enum loss_field { LOSS_RING_FULL, LOSS_MAP_FULL, LOSS_FIELD_COUNT };

extern const char *const loss_field_names[LOSS_FIELD_COUNT];

#define MANIFEST_MAX_PROGRAMS 16

/* Which map of the monitor is a definition's, and which of its parts is which ("counters" of a
 * manifest with "means"). NULL: as collector/figure_map.h finds it by itself. */
struct manifest_figure {
	char *name; /* "@failed" */
	char *map;
	char *key[FIGURE_PARTS_MAX]; /* @nkey parts of its key, in the definition's order */
	size_t nkey;
	char *value, *count, *total; /* fields of its value */
	char *bucket;		     /* the part of its key that is a histogram's bucket */
};

/* A field of a monitor's records: of its own struct, and what it is to a definition ("events"). */
struct manifest_record_field {
	char *field; /* of the struct */
	char *means; /* a field of the definition's printf(), or with "at" an expression */
};

/*
 * All strings are owned by the manifest (manifest_release()); a NULL name means: not offered.
 * @counters.map is NULL when each field has a map of its own, whose name then stands in @fields, or
 * when an iterator writes the counters.
 */
struct manifest {
	const struct vocabulary *words; /* of its subject: what the names below are for */
	char *file;			/* where it came from; NULL: the defaults */
	char *name;			/* overrides the file's name */
	char *object; /* paths, resolved against the manifest's folder; at most one is set */
	char *script;
	char *means;			 /* a definition, or the path of one, resolved likewise */
	struct manifest_figure *figures; /* @nfigures */
	size_t nfigures;
	char **run;  /* argv template of a command, ended by NULL */
	char *loads; /* an object that it loads, resolved likewise: for who counts BPF objects */
	/* Of a command: it starts the workload, whose words come behind its own. */
	bool starts;
	bool profile;  /* it prints a profile (collector/profile_json.h), not bpftrace's lines */
	char *ready;   /* words that it says on stderr once it counts; NULL: a line on stdout */
	char **report; /* argv template of who prints what it has written; NULL: it does itself */
	char **stack;  /* functions of the stacks that are meant; NULL: all */
	enum monitor_key key;
	enum monitor_definition definition;
	bool races;	 /* as in struct monitor_info */
	bool compat;	 /* MONITOR_COMPAT */
	uint64_t filter; /* likewise */
	struct {
		bool named; /* by the file; else these are the defaults */
		bool none;  /* "counters": null */
		char *map;
		char *fields[COUNTER_FIELDS_MAX];
		uint8_t bytes[COUNTER_FIELDS_MAX]; /* of a field; 0: as the subject has it */
		/* Instead of maps: a program that writes rows, and what is known of them. */
		char *iterator, *row, *row_key;
		char *ended, *ended_flag; /* map of rows of processes that have ended */
	} counters;
	struct {
		bool named, none;
		char *map, *type;
		bool type_required; /* named by the file: its BTF must have it */
		char *wake;	    /* a ring buffer that only wakes the reader of @map */
		char *on;	    /* u32 variable: 0 switches records off */
		char *fields[EVENT_FIELDS_MAX];
		uint8_t bytes[EVENT_FIELDS_MAX]; /* of a field; 0: as the subject has it */
		bool types_named;
		uint32_t kinds;			 /* bit (1 << kind) of those it writes; 0: all */
		uint64_t codes[EVENT_KINDS_MAX]; /* theirs, where @types_named */
	} events;
	/* With @means: the fields of @events.type. @events_at: a probe and its predicate, at which
	 * a record is written; NULL: where the definition has its printf(). */
	struct manifest_record_field *record;
	size_t nrecord;
	char *events_at;
	struct {
		bool named;
		char *map;
		char *fields[LOSS_FIELD_COUNT];
	} losses;
	bool has_programs; /* named by the file; else those of the subject are expected */
	struct {
		char *event, *program;
	} programs[MANIFEST_MAX_PROGRAMS];
	size_t nprograms;
};

/* The names that an object of that subject has. */
void manifest_defaults(struct manifest *man, const struct vocabulary *words);

/* Names of event field @f of a subject, and how many there are. */
const char *event_field_name(const struct vocabulary *words, size_t f);
size_t event_fields(const struct vocabulary *words);

/*
 * Reads @file over the defaults. What the file does not mention stays the default; "counters": null
 * offers none. Its subject is the one it says ("subject"), or the first that knows the names of all
 * its counters. Returns 0, or -errno (-EINVAL: the content) after saying "FILE:LINE: FIELD: .."
 * (lib/why.h).
 */
int manifest_read(struct manifest *man, const char *file, struct strbuf *why);

/* As manifest_read() with the text at hand; @file is for messages and to resolve paths. */
int manifest_parse(struct manifest *man, const char *file, const char *text, struct strbuf *why);

/* A map for each field from now on: @names[f], or NULL. Takes the strings over. */
void manifest_set_counters(struct manifest *man, char *names[COUNTER_FIELDS_MAX]);

/* Frees @n strings of @list and leaves NULLs. */
void manifest_forget_names(char **list, size_t n);

/* Frees @list and its strings, to the NULL at its end. NULL: nothing. */
void manifest_free_list(char **list);

void manifest_release(struct manifest *man);

/* Is @means the path of a definition and not its text? It ends as a script does and is one word. */
bool manifest_means_is_path(const char *means);

#endif
