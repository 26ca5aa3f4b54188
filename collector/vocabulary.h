/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The words of a subject: what the counters and events of its monitors are called, and how an
 * object names them that comes without a manifest. The collector delivers rows and events in these
 * words; what they mean, and whether they are right, is for the subject to say (harness/subjects/).
 *
 * Two are built in, as memmon and cpumon need them: memory and cpu. Others are added by whoever
 * knows them.
 */
#ifndef COLLECTOR_VOCABULARY_H
#define COLLECTOR_VOCABULARY_H

#include "lib/base.h"

/* What comes of the values of one key: of CPUs, threads, maps. */
enum counter_join { COUNTER_SUM, COUNTER_MAX };

/* A named value of a row. */
struct counter_field {
	const char *name; /* "mmap_count": in manifests and results */
	const char *unit; /* "calls", "bytes", "ns" */
	enum counter_join join;
	uint32_t slots; /* 0: one number of 8 bytes; else a histogram of so many */
	bool clock;	/* depends on clocks: the same calls give another value */
	bool standard;	/* an object without a manifest has it, by this name */
};

/* A named value of an event, beside those that every event may have (enum event_field). */
struct event_value {
	const char *name; /* "size" */
	uint32_t bytes;	  /* 1, 4 or 8 */
	bool standard;
};

enum {
	COUNTER_FIELDS_MAX = 64,
	COUNTER_SLOTS_MAX = 256,
	EVENT_VALUES_MAX = 4,
	EVENT_KINDS_MAX = 8
};

/* What an event tells of, where one of its values is a code for that. */
struct event_kind {
	const char *name; /* "mmap": as in "programs" and "types" of a manifest */
	uint64_t code;
};

/* Where the values of an event are, when its struct is not in an object's BTF. */
struct event_place {
	const char *name;
	uint32_t offset;
};

struct vocabulary {
	const char *name; /* of the subject, in manifests: "subject": "memory" */
	/* Its monitors say themselves what their maps mean ("means"): it has no fields then. */
	bool declared;
	const struct counter_field *fields;
	size_t nfields;
	/* The names of its fields are everyday words (@bytes): no sign of what a script counts. */
	bool everyday;
	const struct event_value *values;
	size_t nvalues;
	/* Bytes of a key; 0: any number up to COUNTER_KEY_MAX. What 4 bytes are: a thread's or
	 * process's id. */
	uint32_t key_bytes;
	/* What "definition" may say, the first being the default; NULL: nothing. */
	const char *const *definitions;
	const char *definition_help; /* for the message that another word gets */

	/* Kinds of events, and the value that holds their code; none: events are of one kind. */
	const struct event_kind *kinds;
	size_t nkinds, kind_value;
	/* What "filter" of a manifest may name, and the bytes below which calls do not count where
	 * nothing is said; NULL: there is no filter. */
	const char *filter_name;
	uint64_t filter_bytes;

	/* Names of an object without a manifest. */
	const char *mark;		      /* a map that tells that it is of this subject */
	const char *counter_map;	      /* NULL: a map for each field, called as the field */
	const char *event_map, *event_struct; /* NULL: it writes no events */
	const struct event_place *assumed;    /* ended by NULL; NULL: the struct must be in BTF */
	uint32_t assumed_bytes;
	const char *loss_map;
	uint32_t losses; /* bit (1 << enum loss_field): what it has */
	/* Events and the programs they need: a section, or NULL: the tracepoint of that syscall. */
	const struct vocabulary_program {
		const char *event, *program;
	} * programs;
	size_t nprograms;
};

extern const struct vocabulary vocabulary_memory, vocabulary_cpu;

/* The fields of vocabulary_memory. The first nine are those of struct mem_stats, in order. */
enum mem_field {
	MEM_TOTAL_ALLOCATED,
	MEM_TOTAL_FREED,
	MEM_CURRENT_USAGE,
	MEM_PEAK_USAGE,
	MEM_ALLOC_COUNT,
	MEM_FREE_COUNT,
	MEM_MMAP_COUNT,
	MEM_MUNMAP_COUNT,
	MEM_LAST_UPDATE,
	MEM_MMAP_BYTES,	  /* bytes of the mmaps counted */
	MEM_MUNMAP_BYTES, /* bytes of the munmaps counted */
	MEM_BRK_COUNT,
	MEM_MMAP_SEEN, /* mmaps before any filter */
	MEM_MREMAP_COUNT,
	MEM_FAILED_COUNT, /* mmap, munmap, mremap that returned an error */
	MEM_VM_BYTES,	  /* address space of the process at its latest call: VmSize */
	MEM_VM_PEAK,	  /* highest of these */
	MEM_FIELD_COUNT,
};

/* The values of its events. */
enum mem_event_value {
	MEM_EVENT_SIZE,
	MEM_EVENT_ADDRESS,
	MEM_EVENT_TYPE, /* enum mem_event_type, enum fast_event_type */
	MEM_EVENT_DOWN, /* MONITOR_COMPLETED: a brk that moved the break down by the size */
};

/*
 * What counts, by "definition" in the manifest: calls when they enter, as the reference monitor
 * does (bpf/memmon/memmon.h), or calls that ended and worked (bpf/memmon/memmon_fast.h).
 */
enum monitor_definition { MONITOR_ENTERED, MONITOR_COMPLETED };

/* The fields of vocabulary_cpu (bpf/cpumon/cpumon.h): ns, or a moment in ns for the two starts. */
enum cpu_field {
	CPU_USER_TIME,
	CPU_KERNEL_TIME,
	CPU_START_TIME,
	CPU_SYSCALL_START,
	CPU_RUN_KERNEL_TIME,
	CPU_FIELD_COUNT,
};

/* All that are known, in the order they are looked through, ended by NULL. */
const struct vocabulary *const *vocabularies(void);
/* Makes @v known; once is enough. At most 16 in all: a program's own number of subjects. */
void vocabulary_add(const struct vocabulary *v);
/* That of a name, or NULL. */
const struct vocabulary *vocabulary_find(const char *name);
/* That of monitors that say what their maps mean, or NULL. */
const struct vocabulary *vocabulary_declared(void);
/* Index of the field of that name, or @v->nfields. */
size_t vocabulary_field(const struct vocabulary *v, const char *name);
/* Values of a row, and where those of a field begin among them. */
uint32_t vocabulary_slots(const struct vocabulary *v);
uint32_t vocabulary_slot(const struct vocabulary *v, size_t field);

#endif
