/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a figure means, said in bpftrace's words and worked out over what really happened.
 *
 * A definition is a bpftrace script, or a line of one, of the subset in docs/definitions.md. It is
 * parsed and checked once; run over a record of syscalls it gives the maps and the printed lines
 * that the script should have at the end. Pure: no clock, no kernel, no file but the format files
 * of tracepoints, and those only where a definition_words says so.
 */
#ifndef HARNESS_DEFINITION_DEFINITION_H
#define HARNESS_DEFINITION_DEFINITION_H

#include "lib/arena.h"
#include "lib/base.h"
#include "lib/strbuf.h"

enum {
	DEFINITION_PARTS_MAX = 16,  /* of a key */
	DEFINITION_FIELDS_MAX = 16, /* of a printed line */
	DEFINITION_STR_MAX = 1024,  /* bytes of a string at most, the terminator included */
};

/* Whose meaning of a word counts where releases of bpftrace differ (docs/definitions.md). */
enum definition_release {
	DEFINITION_TRUE,    /* what the words say, as of the newest release, with no limit of an
			     * implementation: the truth for any monitor */
	DEFINITION_BT_0_17, /* what bpftrace 0.17 prints, its faults included: for its own scripts
			     */
	DEFINITION_BT_0_27,
};

/* The release for a version as `bpftrace --version` says it ("bpftrace v0.17.0"): the nearest one
 * known. */
enum definition_release definition_release_of(const char *version);

/* What may be set from outside. Zeroed: the defaults. */
struct definition_words {
	enum definition_release release;
	uint32_t str_bytes; /* BPFTRACE_STRLEN or BPFTRACE_MAX_STRLEN; 0: as the release */
	uint32_t map_keys;  /* keys a map has room for; 0: no limit (DEFINITION_TRUE) or as the
			     * release */
	uint64_t order_ns;  /* two threads that touch a key within this time of each other may
			     * have done it in either order; 0: 10 ms */
	const char *const *params; /* $1, $2, ..; those that are not given are 0 and "" */
	size_t nparams;
	const char *formats; /* folder of the tracepoints' format files; NULL: the kernel's own
			      * where it can be read; "": none, only the table of the repo */
};

/* --- what happened --- */

/* What a syscall's pointer argument pointed at when it entered. */
struct syscall_text {
	uint8_t arg; /* 0 to 5 */
	bool cut;    /* there was more than was kept; the bytes have no terminator then */
	bool unread; /* the memory could not be read: str() is "" at that moment */
	uint16_t len;
	const char *bytes; /* @len of them, up to the terminator, which does not count */
	/* What stood there when the call returned, terminated, where it could not be read before:
	 * the call itself brings the memory in. NULL: not known. */
	const char *later;
};

/* What a record does not know. A definition that asks for it cannot be determined, and says so. */
enum syscall_unknown {
	SYSCALL_NO_CPU = 1 << 0,
	SYSCALL_NO_UID = 1 << 1, /* and gid */
	SYSCALL_NO_CGROUP = 1 << 2,
	SYSCALL_NO_COMM = 1 << 3,
	SYSCALL_NO_ARGS = 1 << 4,
	SYSCALL_NO_TIME = 1 << 5, /* then @enter_ns and @exit_ns only give the order */
};

/*
 * One raw syscall of one thread. A side that was not seen (an exit_group has no exit, the child of
 * a clone no enter) is no probe. Times are of CLOCK_MONOTONIC, as bpftrace's nsecs.
 */
struct syscall_record {
	long nr;
	const char *name; /* of its tracepoint: "openat", "newfstat" (syscall_by_nr()) */
	bool has_enter, has_exit;
	bool compat;	 /* of a 32-bit program: only raw_syscalls has it */
	uint8_t unknown; /* enum syscall_unknown */
	/* A monitor's probe read its clock at or after enter_ns, and at or before enter_max_ns; 0:
	 * exactly at enter_ns. Likewise the exit. */
	uint64_t enter_ns, enter_max_ns;
	uint64_t exit_ns, exit_max_ns;
	uint32_t pid, tid; /* process, thread, as bpftrace says it */
	uint32_t uid, gid;
	uint64_t cgroup;
	uint32_t cpu_enter, cpu_exit;
	char comm_enter[16], comm_exit[16];
	uint64_t args[6];
	int64_t ret;
	const struct syscall_text *texts; /* @ntexts of them */
	size_t ntexts;
};

/* --- parsed --- */

enum definition_type {
	DEFINITION_NUMBER,
	DEFINITION_TEXT, /* an array of characters, ended by a 0 where it is not full */
};

/* Where a value's bits lie and how they are read. */
struct definition_kind {
	enum definition_type type;
	uint16_t bytes; /* of a number: 1, 2, 4, 8 (as the language has it: what the expression has,
			 * before a map makes 8 of it); of a text: its capacity */
	bool is_signed;
	bool truth; /* of a comparison: 0.27 prints it as true or false */
};

enum definition_function {
	DEFINITION_PLAIN, /* @x = value, @x += value, @x++ */
	DEFINITION_COUNT,
	DEFINITION_SUM,
	DEFINITION_MIN,
	DEFINITION_MAX,
	DEFINITION_AVG,
	DEFINITION_STATS,
	DEFINITION_HIST,
	DEFINITION_LHIST,
};

/* A part of a key. */
struct definition_part {
	char name[32]; /* of the expression: "comm", "tid", "filename"; else "key1", .. */
	struct definition_kind kind;
};

/* A map of the definition. */
struct definition_map {
	const char *name; /* with its @; "@" alone is a name */
	enum definition_function function;
	struct definition_kind value; /* of PLAIN, and of what the functions take */
	struct definition_part parts[DEFINITION_PARTS_MAX];
	size_t nparts; /* 0: one value without a key */
	int64_t lhist_min, lhist_max, lhist_step;
	uint8_t hist_bits;		 /* hist(x, bits): 0 is powers of two */
	uint32_t line, column;		 /* where it is first written */
	enum definition_release release; /* whose words they are */
};

struct definition; /* opaque: released by definition_release() */

/*
 * Parses and checks @text, a whole script or a line. @name stands before "LINE:COL: " in errors: a
 * path, or "--means". @words: NULL is the defaults; copied. Returns 0 with *@def to be released, or
 * after saying why (lib/why.h) -EINVAL: it is wrong, or outside of the subset.
 */
int definition_parse(struct definition **def, const char *text, const char *name,
		     const struct definition_words *words, struct strbuf *why);
void definition_release(struct definition *def); /* takes NULL */

/* Its maps, sorted by name. */
size_t definition_maps(const struct definition *def, const struct definition_map **maps);
const struct definition_map *definition_map(const struct definition *def, const char *name);
/* How many printf() it has outside of BEGIN and END. */
size_t definition_printfs(const struct definition *def);

/* Which side of which syscall has a probe: its tracepoint's name, without sys_enter_. */
bool definition_wants(const struct definition *def, const char *syscall, bool exit);
/* True when some probe sees every syscall, by tracepoint:raw_syscalls or sys_enter_* alone. */
bool definition_wants_all(const struct definition *def);
/* Bit (1 << argument): whose texts must be kept at the entry of that syscall, for str(). */
uint8_t definition_wants_texts(const struct definition *def, const char *syscall);
/* Bytes of the longest of these texts, the terminator included; 0: none. */
uint32_t definition_text_bytes(const struct definition *def);
/* What the records must know, or something is not determined: enum syscall_unknown. */
uint8_t definition_asks(const struct definition *def);

/* --- worked out --- */

/* Why a value is not one number. The reason in words stands beside it. */
enum definition_doubt {
	DEFINITION_EXACT,
	DEFINITION_CLOCK,   /* depends on the time between two clocks: it lies in [lo, hi] */
	DEFINITION_RACE,    /* threads touch one key in an order that nobody knows */
	DEFINITION_MISSING, /* the records do not know what it asks for */
	DEFINITION_FULL,    /* more keys than the map has room for */
};

/* A number's bits, read by the sign of its kind; exact where lo == hi. */
struct definition_bound {
	uint64_t lo, hi;
};

/* Value and bounds of a histogram's bucket: from <= value < until, but for the first and the last
 * one, which have no end on their side (@open_low, @open_high). */
struct definition_bucket {
	int64_t from, until;
	bool open_low, open_high;
	struct definition_bound count;
};

struct definition_key {
	uint64_t number;  /* sign-extended or zero-extended to 64 bits, as its kind says */
	const char *text; /* of DEFINITION_TEXT: terminated, shorter than its capacity */
	size_t len;
};

/* A key of a map and its value. */
struct definition_cell {
	struct definition_key *key; /* one for each part of the map */
	enum definition_doubt doubt;
	const char *why;		 /* of the doubt; NULL when exact */
	bool maybe;			 /* whether the key is there at all depends on the doubt */
	struct definition_bound value;	 /* plain, sum, min, max; count of COUNT; sum of AVG, STATS;
					  * all of the type's 64 bits where RACE or MISSING */
	struct definition_bound count;	 /* of COUNT, AVG, STATS, HIST, LHIST */
	struct definition_bound average; /* of AVG, STATS, as the release divides */
	const char *text;		 /* of a plain text; NULL: not known */
	const struct definition_bucket *buckets; /* those that are not empty, in order */
	size_t nbuckets;
	uint32_t record, line; /* the last record that changed it, and where in the text */
};

struct definition_values {
	const struct definition_map *map;
	const struct definition_cell *cells; /* sorted by key */
	size_t n;
	enum definition_doubt doubt; /* of the map as a whole: its keys are not known, then */
	const char *why;	     /* a sentence without its full stop; NULL: determined */
};

struct definition_field {
	const char *name; /* "path" in "path=%s"; else of the expression */
	struct definition_kind kind;
	struct definition_bound number;
	const char *text; /* of DEFINITION_TEXT */
	enum definition_doubt doubt;
};

/* A printed line. */
struct definition_event {
	uint32_t record; /* UINT32_MAX: of BEGIN or END */
	bool exit;
	bool maybe; /* whether it was printed depends on a doubt */
	uint32_t tid;
	uint32_t printf; /* which one: from 0, in the order of the text */
	struct definition_field *fields;
	size_t nfields;
	const char *text; /* the line as bpftrace prints it; NULL: something in it is in doubt */
};

struct definition_result {
	struct definition_values *values; /* of every map, as definition_maps() */
	size_t nvalues;
	struct definition_event *events; /* in the order of the records' sides */
	size_t nevents;
	uint64_t probes; /* how often a block was entered */
	struct arena arena;
};

/*
 * Runs it over @n records, in any order; each becomes its enter and its exit, sorted by time. Fills
 * @result, which holds its own memory (but texts of @def) and is to be released in any case.
 * Returns 0 or -ENOMEM.
 */
int definition_run(const struct definition *def, const struct syscall_record *records, size_t n,
		   struct definition_result *result);
void definition_result_release(struct definition_result *result);

/* --- in words (definition_format.c) --- */

/* A key as bpftrace prints it in JSON: "bash,3". 0.27 leaves all blanks out there. */
void definition_add_key(struct strbuf *out, const struct definition_map *map,
			const struct definition_cell *cell);
/* The value likewise, with its bounds where it is in doubt: "12", "between 3 and 5 (clock)". */
void definition_add_value(struct strbuf *out, const struct definition_map *map,
			  const struct definition_cell *cell);
/* "count()", "uint64", "string of 64". */
void definition_add_kind(struct strbuf *out, const struct definition_map *map);

#endif
