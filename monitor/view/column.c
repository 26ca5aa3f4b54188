/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of columns: what each shows, in which form, and in which order rows stand by it. */
#include "lib/base.h"
#include "monitor/view/column.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/suggest.h"
#include "lib/why.h"
#include "monitor/view/trend.h"

#define NUMBER(k, t, u, f, w, m, c, h)                                                             \
	{                                                                                          \
		.key = (k), .title = (t), .help = (h), .kind = COLUMN_NUMBER, .unit = (u),         \
		.field = (f), .width = (w), .memmon = (m), .cpumon = (c)                           \
	}
#define OTHER(k, t, kd, w, m, c, h)                                                                \
	{                                                                                          \
		.key = (k), .title = (t), .help = (h), .kind = (kd), .width = (w), .memmon = (m),  \
		.cpumon = (c)                                                                      \
	}

#define TEXT(k, t, x, w, h)                                                                        \
	{                                                                                          \
		.key = (k), .title = (t), .help = (h), .kind = COLUMN_TEXT, .text = (x),           \
		.width = (w)                                                                       \
	}

/* The first eight fill a terminal of 80 cells. */
const struct column columns[] = {
	OTHER("pid", "PID", COLUMN_PID, 7, true, true, "process id"),
	NUMBER("processes", "PROCS", UNIT_NONE, FIELD_PROCESSES, 7, false, false,
	       "processes: 1, or how many a sum is of"),
	OTHER("name", "NAME", COLUMN_NAME, 15, true, true, "name of the process (comm)"),
	NUMBER("rss", "RSS", UNIT_KB, FIELD_RSS, 9, true, false,
	       "resident memory in kB; ~ where it is an approximation"),
	NUMBER("pss", "PSS", UNIT_KB, FIELD_PSS, 9, false, false,
	       "kB, each page divided by how many share it; read where it is asked for"),
	NUMBER("uss", "USS", UNIT_KB, FIELD_USS, 9, false, false,
	       "kB that this process has for itself alone; read where it is asked for"),
	NUMBER("virt", "VIRT", UNIT_KB, FIELD_VIRT, 10, true, false, "mapped address space in kB"),
	NUMBER("peak", "PEAK", UNIT_KB, FIELD_PEAK, 9, true, false,
	       "highest resident memory so far in kB"),
	NUMBER("mmap", "MMAP#", UNIT_NONE, FIELD_MMAP, 8, true, false,
	       "calls of mmap since the monitor's start"),
	NUMBER("munmap", "MUNMAP#", UNIT_NONE, FIELD_MUNMAP, 8, true, false,
	       "calls of munmap since the monitor's start"),
	NUMBER("brk", "BRK#", UNIT_NONE, FIELD_BRK, 7, true, false,
	       "calls of brk since the monitor's start"),
	NUMBER("usr", "%USR", UNIT_PERCENT, FIELD_USR, 6, false, true,
	       "user time in % of one CPU, over the latest interval"),
	NUMBER("sys", "%SYS", UNIT_PERCENT, FIELD_SYS, 6, false, true,
	       "kernel time in % of one CPU, over the latest interval"),
	NUMBER("tot", "%TOT", UNIT_PERCENT, FIELD_TOT, 6, false, true,
	       "user and kernel time in % of one CPU; two busy threads make 200"),
	NUMBER("user_ms", "USER(ms)", UNIT_MS, FIELD_USER_MS, 9, false, true,
	       "time in user mode in ms, since it began (of --object: since that did)"),
	NUMBER("kern_ms", "KERN(ms)", UNIT_MS, FIELD_SYSTEM_MS, 9, false, true,
	       "time in the kernel in ms, since it began (of --object: since that did)"),
	NUMBER("total_ms", "TOTAL(ms)", UNIT_MS, FIELD_TOTAL_MS, 10, false, true,
	       "time on a CPU in ms, since it began (of --object: since that did)"),
	NUMBER("threads", "THREADS", UNIT_NONE, FIELD_THREADS, 7, false, true, "threads, now"),
	NUMBER("trend", "TREND", UNIT_BYTES_PER_S, FIELD_TREND, 10, true, false,
	       "growth of HELD in bytes per s over the window (docs/leaks.md)"),
	OTHER("verdict", "VERDICT", COLUMN_VERDICT, 9, true, false,
	      "what the trend says: steady, growing, shrinking, unsure, too early"),
	OTHER("user", "USER", COLUMN_USER, 10, false, false, "owner"),
	OTHER("state", "S", COLUMN_STATE, 1, false, false, "state: R S D Z T I, as ps shows it"),
	OTHER("ppid", "PPID", COLUMN_PPID, 7, false, false, "parent's process id"),
	NUMBER("age", "AGE", UNIT_S, FIELD_AGE, 8, false, false, "seconds since it started"),
	NUMBER("mremap", "MREMAP#", UNIT_NONE, FIELD_MREMAP, 8, false, false,
	       "calls of mremap since the monitor's start"),
	NUMBER("failed", "FAILED#", UNIT_NONE, FIELD_FAILED, 8, false, false,
	       "calls that returned an error"),
	NUMBER("uncounted", "UNCOUNTED", UNIT_NONE, FIELD_UNCOUNTED, 9, false, false,
	       "processes whose calls are not known: a sum has at least what it says"),
	NUMBER("mmap_bytes", "MMAPPED", UNIT_BYTES, FIELD_MMAP_BYTES, 13, false, false,
	       "bytes of the mmaps counted"),
	NUMBER("munmap_bytes", "UNMAPPED", UNIT_BYTES, FIELD_MUNMAP_BYTES, 13, false, false,
	       "bytes of the munmaps counted"),
	NUMBER("usage", "USAGE", UNIT_BYTES, FIELD_USAGE, 13, false, false,
	       "bytes mapped since the start and not unmapped, by the monitor's account"),
	NUMBER("mmap_rate", "MMAP/s", UNIT_RATE, FIELD_MMAP_RATE, 8, false, false,
	       "calls of mmap per s, over the latest interval"),
	NUMBER("munmap_rate", "MUNMAP/s", UNIT_RATE, FIELD_MUNMAP_RATE, 8, false, false,
	       "calls of munmap per s, over the latest interval"),
	NUMBER("brk_rate", "BRK/s", UNIT_RATE, FIELD_BRK_RATE, 8, false, false,
	       "calls of brk per s, over the latest interval"),
	NUMBER("switches", "SWITCH#", UNIT_NONE, FIELD_SWITCHES, 9, false, false,
	       "context switches"),
	NUMBER("switch_rate", "SWITCH/s", UNIT_RATE, FIELD_SWITCH_RATE, 8, false, false,
	       "context switches per s, over the latest interval"),
	NUMBER("trend_low", "TREND-LO", UNIT_BYTES_PER_S, FIELD_TREND_LOW, 10, false, false,
	       "low end of the trend's 95 % interval"),
	NUMBER("trend_high", "TREND-HI", UNIT_BYTES_PER_S, FIELD_TREND_HIGH, 10, false, false,
	       "high end of the trend's 95 % interval"),
	NUMBER("window", "WINDOW", UNIT_S, FIELD_TREND_WINDOW, 7, false, false,
	       "seconds over which the trend is judged"),
	NUMBER("swap", "SWAP", UNIT_KB, FIELD_SWAP, 9, false, false, "kB swapped out"),
	NUMBER("shared", "SHARED", UNIT_KB, FIELD_SHARED, 9, false, false,
	       "resident kB of files and of shared memory"),
	NUMBER("hugetlb", "HUGETLB", UNIT_KB, FIELD_HUGETLB, 9, false, false,
	       "kB of huge pages of the reserve, as far as touched; RSS lacks them"),
	NUMBER("held", "HELD", UNIT_KB, FIELD_HELD, 9, false, false,
	       "RSS, swap and huge pages in kB: what the trend is of"),
	NUMBER("touched", "TOUCHED%", UNIT_PERCENT, FIELD_TOUCHED, 8, false, false,
	       "what is held, in % of what is mapped"),
	NUMBER("given_back", "BACK", UNIT_KB, FIELD_BACK, 9, false, false,
	       "kB of its peak that it gave back: neither resident nor in swap"),
	NUMBER("lazyfree", "LAZYFREE", UNIT_KB, FIELD_LAZY, 9, false, false,
	       "kB of MADV_FREE that are not taken yet; read where it is asked for"),
	NUMBER("faults", "FAULTS", UNIT_NONE, FIELD_FAULTS, 9, false, false,
	       "page faults since it began; of several threads where asked for"),
	NUMBER("limit", "LIMIT", UNIT_KB, FIELD_LIMIT, 10, false, false,
	       "kB that its cgroup may have"),
	NUMBER("room", "ROOM", UNIT_KB, FIELD_ROOM, 10, false, false,
	       "kB of its cgroup's limit that are left"),
	NUMBER("left", "LEFT", UNIT_S, FIELD_LEFT, 8, false, false,
	       "seconds until its growth reaches the limit"),
	NUMBER("left_low", "LEFT-LO", UNIT_S, FIELD_LEFT_LOW, 8, false, false,
	       "the same by the high end of the trend's interval"),
	NUMBER("left_high", "LEFT-HI", UNIT_S, FIELD_LEFT_HIGH, 8, false, false,
	       "the same by the low end of the trend's interval"),
	TEXT("command", "COMMAND", TEXT_COMMAND, 40, "command line"),
	TEXT("exe", "EXE", TEXT_EXE, 24, "the file that it runs"),
	TEXT("cgroup", "CGROUP", TEXT_CGROUP, 28, "control group: service, container"),
	{.key = NULL},
};
const size_t ncolumns = ARRAY_SIZE(columns) - 1;

/* Lower case, without the signs that titles wear. */
static void plain_name(const char *name, char *out, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++)
		if (!strchr("%#()_-/", *name))
			out[n++] = (char)tolower((unsigned char)*name);
	out[n] = '\0';
}

static bool named(const struct column *c, const char *plain, bool fields)
{
	const char *names[] = {c->key, c->title,
			       fields && c->kind == COLUMN_NUMBER ? field_names[c->field] : c->key};
	char own[32];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		plain_name(names[i], own, sizeof(own));
		if (!strcmp(own, plain))
			return true;
	}
	return false;
}

void column_unknown(const char *name, struct strbuf *why)
{
	struct strbuf all = STRBUF_INIT, shown = STRBUF_INIT;
	const char *keys[ARRAY_SIZE(columns)], *nearest;
	char plain[32];

	for (size_t i = 0; i < ncolumns; i++) {
		keys[i] = columns[i].key;
		strbuf_addf(&all, "%s%s", i ? ", " : "", keys[i]);
	}
	column_text(name, 40, &shown);
	plain_name(name, plain, sizeof(plain));
	nearest = suggest_nearest(plain, keys, ncolumns);
	if (nearest)
		why_err(why, "no column '%s'; did you mean '%s'? There are: %s", shown.s, nearest,
			all.s);
	else
		why_err(why, "no column '%s'; there are: %s", shown.s, all.s);
	strbuf_release(&all);
	strbuf_release(&shown);
}

const struct column *column_find_in(const struct column *table, const char *name)
{
	char plain[32];

	plain_name(name, plain, sizeof(plain));
	for (const struct column *c = table; plain[0] && c->key; c++)
		if (named(c, plain, table == columns))
			return c;
	return NULL;
}

const struct column *column_find(const char *name)
{
	return column_find_in(columns, name);
}

const char *column_row_text(const struct column *c, const struct proc_row *row)
{
	return c->kind == COLUMN_TEXT ? row_text(row, c->text) : NULL;
}

unsigned int column_reads(const struct column *c)
{
	if (c && c->kind == COLUMN_TEXT)
		return 1U << c->text;
	if (!c || c->kind != COLUMN_NUMBER)
		return 0;
	switch (field_made_of(c->field)) {
	case FIELD_PSS:
	case FIELD_USS:
	case FIELD_LAZY: return READ_SHARES;
	case FIELD_FAULTS: return READ_FAULTS;
	case FIELD_USER_MS:
	case FIELD_SYSTEM_MS:
	case FIELD_TOTAL_MS:
	case FIELD_SWITCHES: return READ_TIMES;
	default: return 0;
	}
}

bool column_shown(const struct column *c, enum tool tool, enum column_lines lines)
{
	if (c->kind == COLUMN_PID && lines == LINES_GROUPS)
		return false;
	if (c->kind == COLUMN_NUMBER && c->field == FIELD_PROCESSES)
		return lines == LINES_GROUPS;
	/* To add up RSS would count what processes share for each of them. */
	if (c->kind == COLUMN_NUMBER && c->field == FIELD_PSS)
		return tool == TOOL_MEMMON && lines != LINES_PROCESSES;
	return tool == TOOL_MEMMON ? c->memmon : c->cpumon;
}

static double finite_or_nan(double v)
{
	return isfinite(v) ? v : NAN;
}

double column_number(const struct column *c, const struct proc_row *row)
{
	switch (c->kind) {
	case COLUMN_NUMBER: return finite_or_nan(row_value(row, c->field));
	case COLUMN_PID: return row->pid == ROW_UNKNOWN ? NAN : row->pid;
	case COLUMN_PPID: return row->ppid == ROW_UNKNOWN ? NAN : row->ppid;
	default: return NAN;
	}
}

/* "1.2M", three digits at most before the letter; @base 1024 for bytes, 1000 for counts. */
static void format_short(double v, double base, const char *sign, const char *suffix,
			 struct strbuf *out)
{
	static const char letters[] = " KMGTPE";
	size_t i = 0;

	/* 999.95 would be printed as 1000.0 */
	while (letters[i + 1] && v >= (i ? 999.95 : base)) {
		v /= base;
		i++;
	}
	if (!i)
		strbuf_addf(out, "%s%.0f%s", sign, v, suffix);
	else
		strbuf_addf(out, "%s%.*f%c%s", sign, v < 99.95, v, letters[i], suffix);
}

/* "850ms", "12.3s", "4m05s", "3h07m", "12d04h" */
static void format_duration(double s, struct strbuf *out)
{
	unsigned long long whole = s >= 59.95 ? (unsigned long long)(MIN(s, 1e15) + 0.5) : 0;
	unsigned long long m = whole / 60;

	if (s < 0.9995)
		strbuf_addf(out, "%.0fms", s * 1e3);
	else if (s < 59.95)
		strbuf_addf(out, "%.1fs", s);
	else if (m < 60)
		strbuf_addf(out, "%llum%02llus", m, whole % 60);
	else if (m < 60 * 24)
		strbuf_addf(out, "%lluh%02llum", m / 60, m % 60);
	else
		strbuf_addf(out, "%llud%02lluh", m / 1440, m % 1440 / 60);
}

static void format_number(const struct column *c, double v, bool human, struct strbuf *out)
{
	double size = fabs(v);
	const char *sign = v < 0 ? "-" : "";

	switch (c->unit) {
	case UNIT_PERCENT: strbuf_addf(out, "%s%.1f", size < 0.05 ? "" : sign, size); return;
	case UNIT_RATE:
		if (human && size >= 1000)
			format_short(size, 1000, sign, "", out);
		else
			strbuf_addf(out, "%s%.*f", sign, size < 99.95, size);
		return;
	case UNIT_BYTES_PER_S:
		sign = size < 0.5 ? "" : v < 0 ? "-" : "+";
		if (human)
			format_short(size, 1024, sign, size < 0.5 ? "" : "/s", out);
		else
			strbuf_addf(out, "%s%.0f", sign, size);
		return;
	case UNIT_MS:
	case UNIT_S:
		if (human && v >= 0)
			return format_duration(c->unit == UNIT_MS ? v / 1e3 : v, out);
		break;
	case UNIT_KB:
		if (human)
			return format_short(size * 1024, 1024, sign, "", out);
		break;
	case UNIT_BYTES:
		if (human)
			return format_short(size, 1024, sign, "", out);
		break;
	case UNIT_NONE:
		/* A pid is a name, not an amount. */
		if (human && size >= 1e5 && c->kind == COLUMN_NUMBER)
			return format_short(size, 1000, sign, "", out);
		break;
	}
	strbuf_addf(out, "%s%.0f", size < 0.5 ? "" : sign, size);
}

static bool approximate(const struct column *c, const struct proc_row *row)
{
	if (c->kind != COLUMN_NUMBER)
		return false;
	if (field_is_counted(c->field) &&
	    (row->flags & ROW_SKIPPED || row_value(row, FIELD_UNCOUNTED) > 0))
		return true;
	if (column_reads(c) & READ_SHARES)
		return !(row->flags & ROW_SHARED_NOW);
	return !(row->flags & ROW_EXACT) && (c->field == FIELD_RSS || c->field == FIELD_VIRT ||
					     c->field == FIELD_PEAK || c->field == FIELD_BACK);
}

void column_format(const struct column *c, const struct proc_row *row, bool human,
		   struct strbuf *out)
{
	double v;

	switch (c->kind) {
	case COLUMN_NAME: column_text(row_name(row), c->width, out); return;
	case COLUMN_USER: column_text(column_user(row->uid), c->width, out); return;
	case COLUMN_STATE:
		strbuf_addch(out, isgraph((unsigned char)row->state) ? row->state : '?');
		return;
	case COLUMN_VERDICT: strbuf_addstr(out, verdict_name(row)); return;
	case COLUMN_TEXT:
		if (row_text(row, c->text))
			column_text(row_text(row, c->text), c->width, out);
		else
			strbuf_addch(out, '-');
		return;
	default: break;
	}
	v = column_number(c, row);
	if (isnan(v)) {
		strbuf_addch(out, '-');
		return;
	}
	if (approximate(c, row))
		strbuf_addch(out, '~');
	format_number(c, v, human, out);
}

static double verdict_order(uint8_t verdict)
{
	int rank = verdict_rank(verdict);

	return rank ? rank : NAN;
}

static int compare_numbers(double a, double b, bool descending)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return descending ? (a < b) - (a > b) : (a > b) - (a < b);
}

int column_compare(const struct column *c, const struct proc_row *a, const struct proc_row *b,
		   bool descending)
{
	int order;

	switch (c->kind) {
	case COLUMN_NAME: order = strcmp(row_name(a), row_name(b)); break;
	case COLUMN_USER:
		order = a->uid == b->uid ? 0 : strcmp(column_user(a->uid), column_user(b->uid));
		break;
	case COLUMN_TEXT:
		if (!row_text(a, c->text) || !row_text(b, c->text))
			return !row_text(a, c->text) - !row_text(b, c->text);
		order = strcmp(row_text(a, c->text), row_text(b, c->text));
		break;
	case COLUMN_STATE:
		order = (unsigned char)a->state - (unsigned char)b->state;
		if (a->state == '?' || b->state == '?')
			return (a->state == '?') - (b->state == '?');
		break;
	case COLUMN_VERDICT:
		return compare_numbers(verdict_order(a->verdict), verdict_order(b->verdict),
				       descending);
	default: return compare_numbers(column_number(c, a), column_number(c, b), descending);
	}
	return descending ? -order : order;
}
