/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the frames of a profile are called: functions with those that were inlined into them, files
 * and lines, C++ and Rust names as people write them. From the modules' files by libdw, with
 * separate debug information by build-id (below /usr/lib/debug, or by debuginfod where
 * DEBUGINFOD_URLS is set), from the names that the source gave, /proc/kallsyms and
 * /tmp/perf-PID.map. A module whose file has another build-id than the process saw is not asked:
 * its names would be lies. Anybody can write /tmp/perf-PID.map, so it must be a regular file (no
 * link to one) of root or of the process's user; where that is not known, of who asks.
 */
#ifndef MEMPROF_SYMBOLS_H
#define MEMPROF_SYMBOLS_H

#include "lib/strbuf.h"
#include "memprof/profile.h"

struct symbol {
	const char *name;    /* as people write it; "server+0x1234" or "0x7f12" where unresolved */
	const char *mangled; /* as the linker has it, or NULL: the same */
	const char *file;    /* NULL: not known */
	uint32_t line;	     /* 0: not known */
	bool inlined;	     /* into the symbol that comes next */
	const char *module;  /* the file's last part; "[kernel]"; "[unknown]" */
};

struct symbol_frame {
	const struct symbol *at; /* the innermost first */
	uint32_t n;		 /* 1 at least */
	bool resolved;
};

struct symbols {
	struct symbol_frame *frames; /* one for each frame of the profile */
	size_t n, unresolved;
	size_t stale; /* modules whose file is not the one that ran, or is not there */
	/* Lists of JIT compilers that are not believed, and what is wrong with the first, or NULL:
	 * "/tmp/perf-7.map: it is a link". */
	size_t refused;
	const char *refused_why;
	struct arena arena;
};

struct symbols_options {
	bool names_only;	/* no files, lines and inlined functions: much faster */
	const char *debug_path; /* as elfutils has it; NULL: ":.debug:/usr/lib/debug" */
	const char *jit_folder; /* NULL: "/tmp" */
	const char *kallsyms;	/* NULL: "/proc/kallsyms" */
};

/* Never fails: what cannot be resolved is named by its module and offset, and counted. @o NULL: all
 * defaults. */
struct symbols *symbols_of(const struct profile *p, const struct symbols_options *o);
void symbols_free(struct symbols *s); /* accepts NULL */

/* Appends @name of a C++ or Rust symbol as people write it; false, and nothing appended, where it
 * is none. */
bool symbols_demangle(const char *name, struct strbuf *out);

/* Sets name and mangled of @s from the linker's name, @len bytes of it where it is none that is
 * written otherwise; file and line. What would move a cursor becomes '?'. Copied to @arena. */
void symbols_set_name(struct symbol *s, const char *name, size_t len, struct arena *arena);
void symbols_set_line(struct symbol *s, const char *file, int line, struct arena *arena);

#endif
