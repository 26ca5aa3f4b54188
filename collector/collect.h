/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The collector: one face for every kind of monitor. (a) A BPF object (from C, Honey, anybody):
 * maps, structs and programs are found by name through BTF, names can be mapped by a manifest. (b)
 * A bpftrace script. (c) A command that prints bpftrace's NDJSON. (d) none.
 */
#ifndef COLLECTOR_COLLECT_H
#define COLLECTOR_COLLECT_H

#include "collector/table.h"
#include "collector/vocabulary.h"
#include "lib/base.h"
#include "lib/strbuf.h"

/* An event of any monitor's ring, in the words of its vocabulary. */
struct event {
	uint64_t timestamp_ns;
	uint64_t value[EVENT_VALUES_MAX]; /* as vocabulary.values; those it has not are 0 */
	uint32_t pid, tgid;		  /* thread, process: as the monitor wrote them */
	uint32_t length;		  /* bytes of the ring record */
	char comm[16];			  /* "" where the record has none */
	const void *record;		  /* its bytes as they are, while the callback runs */
};

typedef void (*monitor_event_fn)(void *arg, const struct event *e);

enum monitor_kind { MONITOR_NONE, MONITOR_OBJECT, MONITOR_BPFTRACE, MONITOR_COMMAND };

enum monitor_cap {
	MONITOR_COUNTERS = 1 << 0, /* a table by key */
	MONITOR_EVENTS = 1 << 1,   /* a stream of records */
	MONITOR_LOSSES = 1 << 2,   /* counts what it could not record */
	MONITOR_CGROUP = 1 << 3,   /* watches the target only; else it sees the whole machine */
	MONITOR_COMPAT = 1 << 6,   /* counts the calls of 32-bit programs, too */
	MONITOR_BELOW = 1 << 5,	   /* the target: the cgroups below its own, too */
	MONITOR_NULL = 1 << 4,	   /* offers nothing to judge on purpose (none, nop) */
};

/* What the key of the table means; from the manifest ("key": "tid" or "tgid"), which is the
 * thread where nothing is said. */
enum monitor_key { MONITOR_KEY_TID, MONITOR_KEY_TGID };

struct monitor_info {
	const char *name; /* "memmon", "memmon.bt": the file's name without .bpf.o, or the
			   * manifest's "name" */
	const char *path; /* of the object or script; NULL for none */
	enum monitor_kind kind;
	const struct vocabulary *words; /* of its subject */
	enum monitor_key key;
	enum monitor_definition definition;
	bool races;    /* manifest, "races": true: updates of a key that threads share may be lost,
			* which is then bounded and told instead of a failure */
	uint32_t caps; /* enum monitor_cap */
	uint64_t fields; /* of counter_table */
	uint64_t narrow; /* those of them that wrap at 32 bits */
	uint64_t filter; /* bytes: shorter mmaps do not count (struct vocabulary: filter_bytes) */
	/* Of its events: which fields they have (bit (1 << enum event_field), then the values),
	 * which kinds there are (bit (1 << kind of the vocabulary); 0: all), and the bytes of each
	 * value and of the name. */
	uint32_t event_fields, event_kinds;
	uint8_t value_bytes[EVENT_VALUES_MAX], comm_bytes;
	/* What its maps mean, in bpftrace's words, and what it is called in messages: a path, or
	 * "FILE: means"; NULL: nobody says. @own_means: its script says it itself. */
	const char *means, *means_name;
	bool own_means;
	uint64_t ring_bytes, map_entries; /* sizes of an event ring and the counter map; 0: none */
	uint32_t rings;			  /* how many event rings: one, or one for each CPU */
};

struct monitor_target {
	uint64_t cgroup_id;	 /* 0: everything */
	const char *cgroup_path; /* of the same cgroup; NULL when 0 */
	/* Only its programs are wanted: an object whose maps have other names, and no manifest that
	 * says which, will do. It offers no counters and no events then. */
	bool bare;
	/* Rows of some processes will be asked for (collector/object.h), where the object and the
	 * kernel can tell them. */
	bool rows_of;
	/* Load it apart where that can be done (collector/program.h). For a process of one thread
	 * that goes on for long. */
	bool apart;
	/* Bytes of each ring, for an object that has one for each CPU: a power of two and whole
	 * pages. 0: the default. The ring of other objects is as they say. */
	uint64_t ring_bytes;
	uint64_t cgroup_level; /* of the cgroup, below the root; 0: not known */
	pid_t process; /* of the workload, for a command that asks for it; 0: not there yet */
	/* What its maps mean (--means): a definition, or the path of one (.bt). NULL: as the
	 * manifest says ("means"), or NAME.means.bt beside an object, or the script itself. */
	const char *means;
};

/* What was lost or skipped on the way; UINT64_MAX: this monitor does not say. */
struct monitor_losses {
	uint64_t ring_full, map_full;
	uint64_t lost_events;	   /* bpftrace's lost_events */
	uint64_t recursion_misses; /* runs the kernel skipped (bpf_prog_info), all programs */
	uint64_t bad_records;	   /* shorter than the event struct; lines that are no JSON */
};

/* One program of an object, by bpf_prog_info after the run. */
struct monitor_program {
	char name[64];	  /* of the function */
	char section[96]; /* "tracepoint/syscalls/sys_enter_mmap" */
	uint64_t run_cnt, run_time_ns,
		recursion_misses; /* the first two are 0 while bpf_stats_enabled is off */
	uint32_t xlated_bytes, jited_bytes, verified_insns;
	bool unattached; /* its section names no place: it is loaded only */
};

struct monitor_cost {
	struct monitor_program programs[16];
	uint32_t nprograms;
	uint64_t map_bytes; /* memlock of all maps, from /proc/self/fdinfo */
	uint64_t cpu_ns;    /* user-space half: bpftrace's process; 0 when the caller's own thread
			       collects */
	uint64_t rss_bytes; /* of that process; 0 as above */
	uint64_t polls,
		records; /* monitor_poll() wake-ups that found something, records delivered */
	uint64_t load_ns, attach_ns;
};

/* How full the monitor's own memory is. Where a maximum is 0 there is none of that kind. */
struct monitor_fill {
	uint64_t keys, keys_max;	   /* of the counter map */
	uint64_t ended, ended_max;	   /* processes in the map of those that have ended */
	uint64_t ring_pending, ring_bytes; /* bytes written and not read, of all rings together */
};

struct monitor;

/*
 * Every monitor that ships, sorted: "none", <name> of each build/bpf/<folder>/<name>.bpf.o and
 * <name>.bt of each script there, when it has a manifest (that does not say "listed": false) or a
 * counter map of a subject's name (the other objects there are parts of the harness). free() the
 * block.
 */
char **monitor_names(void);

/*
 * Finds and opens a monitor by name ("memmon", "none") or by path (.bpf.o, .o, .bt, or a .json
 * manifest), loads it into the kernel where it is an object, attaches nothing. A manifest
 * NAME.manifest.json beside an object is used by itself. Returns 0, or after saying why (lib/why.h:
 * in @why, where it is not NULL): -EINVAL unknown name or wrong object/manifest, -ENOENT no such
 * file, -EPERM missing capability, -ENOTSUP this machine cannot (bpftrace absent), -EACCES the
 * verifier refused (its log, shortened, was shown).
 */
int monitor_open(struct monitor **out, const char *name, const struct monitor_target *target,
		 struct strbuf *why);
const struct monitor_info *monitor_info(const struct monitor *m);
/*
 * The words of a command that starts the workload, ended by NULL; NULL: it watches one that is
 * there. Its counters are there once the workload has ended.
 */
const char *const *monitor_starter(const struct monitor *m);
/* The same question of a monitor that nobody has opened. */
bool monitor_starts(const char *name);
/* What records call a monitor that nobody has opened: as its manifest says, else by its file. To
 * free(). */
char *monitor_called(const char *name);
/* The object that a manifest names, its own or one that its command loads, for who counts what BPF
 * objects cost; NULL: it names none, or is no manifest. To free(). */
char *monitor_object(const char *name);
/* Counting starts. Returns when all probes are attached (bpftrace: its ready line). 0 or -errno
 * after saying why. */
int monitor_attach(struct monitor *m);
/* Delivers what the ring holds, waiting at most @timeout_ms. Returns records delivered or -errno
 * (-EINTR: a signal; -ECHILD: the script or command has ended by itself, which was said). */
int monitor_poll(struct monitor *m, int timeout_ms, monitor_event_fn fn, void *arg);
/* All counters now, summed over CPUs. bpftrace: only after monitor_detach(). 0 or -errno; the
 * caller releases @out. */
int monitor_snapshot(struct monitor *m, struct counter_table *out);
/*
 * Switches the writing of records off and on again; counters go on. Works before monitor_attach(),
 * too. 0, or -ENOTSUP, silently, where the object has no such switch.
 */
int monitor_set_events(struct monitor *m, bool on);
/*
 * Takes the rows of processes that have ended out of the monitor, each exactly once: they are in no
 * later snapshot. Who runs for long does it at every snapshot, so that their map does not fill up.
 * 0, -ENOTSUP, silently, where the object keeps none, or -errno after saying why; the caller
 * releases @out in any case.
 */
int monitor_take_ended(struct monitor *m, struct counter_table *out);
/*
 * Deletes a key from the counter maps, for monitors that never do: of a thread that is dead. 0,
 * also when the key is not there or leaves by itself, -ENOTSUP, silently, where there are no such
 * maps, or -errno after saying why.
 */
int monitor_forget(struct monitor *m, uint32_t key);
/* 0 or -errno after saying why. Reads the keys of whole maps: for once an interval. */
int monitor_fill(struct monitor *m, struct monitor_fill *out);
/*
 * Descriptors to wait for with poll(2), POLLIN: then monitor_poll(m, 0, ..) has something to
 * deliver. A monitor that does not wake its reader for each record (memmon_fast: when a quarter of
 * a ring is full) has records without waking anybody: poll it now and then. Returns how many, of
 * which at most @max are written; 0: none. They belong to the monitor.
 */
size_t monitor_event_fds(const struct monitor *m, int *fds, size_t max);
/* Counting stops; afterwards monitor_poll(m, 0, ..) drains what is left. Idempotent. */
int monitor_detach(struct monitor *m);
int monitor_losses(struct monitor *m, struct monitor_losses *out);
int monitor_cost(struct monitor *m, struct monitor_cost *out);
/* Extra maps and programs of the object that nothing here uses, one line each, for the reader. */
void monitor_extras(const struct monitor *m, struct strbuf *out);
/* Detaches, ends processes, unloads. Accepts NULL. */
void monitor_close(struct monitor *m);

#endif
