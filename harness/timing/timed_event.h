/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The calls whose cost is measured. The command line, policies and `beebench list events` take
 * their names, the loops make them, and what a lane times when nobody chose follows from what a
 * call does and from where a monitor's programs stand.
 *
 * First those written out below: memory calls, one beside them, and allocations, each with a loop
 * of its own. Then the harmless calls of workloads/syscall_table.h, by name: "openat" fails and
 * "openat-ok" works, with what is made before and undone after it; where a call has one of the two
 * only, that one has the bare name.
 */
#ifndef HARNESS_TIMED_EVENT_H
#define HARNESS_TIMED_EVENT_H

#include "lib/base.h"
#include "workloads/syscall_table.h"

/*
 * The first ones. ROW(function, name, does, unit, trigger, help, calls..), with BETWEEN between two
 * rows; HALF(..) of the same form for half a pair, timed in a row while the other goes untimed.
 *
 * Calls that fail after the tracepoint, before they change anything, are the quietest there are: a
 * monitor of sys_enter does all its work, and the kernel nearly none of its own. A monitor that
 * counts what has worked needs calls that work; those here leave everything as it was.
 */
#define TIMED_EVENT_ROWS(ROW, HALF, BETWEEN)                                                       \
	ROW(mmap, "mmap", TIMED_FAILS, "ns/event",                                                 \
	    "mmap(0, 4096, PROT_NONE, PRIVATE|ANONYMOUS, -1, 1) -> EINVAL", "mmap, which fails",   \
	    "mmap")                                                                                \
	BETWEEN ROW(munmap, "munmap", TIMED_FAILS, "ns/event", "munmap(1, 4096) -> EINVAL",        \
		    "munmap, which fails", "munmap") BETWEEN                                       \
	ROW(brk, "brk", TIMED_FAILS, "ns/event", "brk(0)", "brk, which asks where the break is",   \
	    "brk") BETWEEN                                                                         \
	ROW(other, "other", TIMED_BESIDE, "ns/event", "getppid()",                                 \
	    "a call that memory monitors do not watch", "getppid") BETWEEN                         \
	ROW(pair, "mmap+munmap", TIMED_WORKS, "ns/pair",                                           \
	    "mmap(0, 4096, READ|WRITE, PRIVATE|ANONYMOUS), munmap of it",                          \
	    "both, which work: the cost of a pair", "mmap", "munmap") BETWEEN                      \
	ROW(munmap_ok, "munmap-ok", TIMED_WORKS, "ns/event",                                       \
	    "munmap(0, 4096) -> 0, where nothing is mapped", "munmap, which works",                \
	    "munmap") BETWEEN                                                                      \
	ROW(brk_ok, "brk-ok", TIMED_WORKS, "ns/event", "brk(where the break is)",                  \
	    "brk, which works", "brk") BETWEEN                                                     \
	ROW(malloc, "malloc+free", TIMED_MALLOC, "ns/pair", "malloc(64), free of it",              \
	    "a block of an allocator that comes and goes", "malloc", "free") BETWEEN               \
	ROW(kmalloc, "kmalloc+kfree", TIMED_KMALLOC, "ns/pair", "msgsnd of 64 bytes, msgrcv",      \
	    "a block of the kernel that comes and goes: a message", "kmalloc", "kfree") BETWEEN    \
	HALF(half_malloc, "malloc", TIMED_MALLOC, "ns/event",                                      \
	     "malloc(64), 16 of them, which are freed untimed",                                    \
	     "a block of an allocator that comes", "malloc") BETWEEN                               \
	HALF(half_free, "free", TIMED_MALLOC, "ns/event",                                          \
	     "free of 16 blocks of 64 bytes, which were allocated untimed",                        \
	     "a block of an allocator that goes", "free") BETWEEN                                  \
	HALF(half_kmalloc, "kmalloc", TIMED_KMALLOC, "ns/event",                                   \
	     "msgsnd of 64 bytes, 16 times, which are received untimed",                           \
	     "a block of the kernel that comes: msgsnd", "kmalloc") BETWEEN                        \
	HALF(half_kfree, "kfree", TIMED_KMALLOC, "ns/event",                                       \
	     "msgrcv of 16 messages of 64 bytes, which were sent untimed",                         \
	     "a block of the kernel that goes: msgrcv", "kfree")

enum timed_does {
	TIMED_FAILS, /* it changes nothing: a monitor of completed calls does not count it */
	TIMED_WORKS,
	TIMED_BESIDE, /* it is none of those that memory monitors watch */
	/* What the subject `allocations` counts by either definition: no system call is meant. Each
	 * of these events makes as many allocations as calls, and frees them. */
	TIMED_MALLOC,
	TIMED_KMALLOC,
};

enum { TIMED_CALLS_MAX = 1 + 2 * SYSCALL_STEPS };

struct timed_event {
	const char *name; /* "munmap-ok" */
	enum timed_does does;
	const char *unit;    /* "ns/event", "ns/pair" */
	const char *trigger; /* the call made, for the record */
	const char *help;
	/* The system calls of one event, as tracepoints name them, or an allocator's; ended by
	 * NULL. The first is what the event is about. */
	const char *calls[TIMED_CALLS_MAX + 1];
	const struct syscall_row *row; /* NULL: one of those written out here */
};

#define TIMED_EVENT_ONE_(...) +1
enum {
	TIMED_OWN = TIMED_EVENT_ROWS(TIMED_EVENT_ONE_,
				     TIMED_EVENT_ONE_, ), /* events written out here */
	TIMED_EVENTS_MAX = TIMED_OWN + 2 * SYSCALL_ROWS_MAX,
};

int timed_event_count(void); /* at most TIMED_EVENTS_MAX */
/* The first TIMED_OWN are those written out, in their order. Kept for the life of the process. */
const struct timed_event *timed_event(int event);

/* "mmap, munmap, .., brk-ok, or ..": a string literal. */
#define TIMED_EVENT_NAME_(fn, name, ...) name
#define TIMED_EVENT_NAMES                                                                          \
	TIMED_EVENT_ROWS(TIMED_EVENT_NAME_, TIMED_EVENT_NAME_, ", ")                               \
	", or a call of 'beebench list events'"

/* The event called @name, or -1. */
int timed_event_find(const char *name);
/* The name nearest to @word; NULL: none is near. */
const char *timed_event_suggest(const char *word);
/* Does @event make the system call @call ("munmap")? */
bool timed_event_makes(int event, const char *call);
/* Is @event one of a harmless call that is about @call, not merely undone by it? */
bool timed_event_is_about(int event, const char *call);
/* Is it one call, which a monitor's counter of that call shows as one? Not a pair. */
bool timed_event_is_single(int event);

#endif
