/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ground of all formats: figures by name, and stacks as paths of names. */
#include "lib/base.h"
#include "memprof/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printable.h"
#include "lib/strbuf.h"

#define VALUE(field) offsetof(struct profile_values, field)

const struct report_value report_values[REPORT_VALUES] = {
	[VALUE_BYTES] = {"bytes", "bytes allocated", "alloc_space", "bytes", VALUE(bytes),
			 VALUE(bytes_var)},
	[VALUE_ALLOCS] = {"allocs", "allocations", "alloc_objects", "count", VALUE(allocs),
			  VALUE(allocs_var)},
	[VALUE_LIVE] = {"live", "bytes live at the end", "inuse_space", "bytes", VALUE(live_bytes),
			VALUE(live_bytes_var)},
	[VALUE_LIVE_BLOCKS] = {"live-blocks", "blocks live at the end", "inuse_objects", "count",
			       VALUE(live_blocks), VALUE(live_blocks_var)},
	[VALUE_PEAK] = {"peak", "bytes live at the peak", NULL, "bytes", VALUE(peak_bytes), 0},
	[VALUE_PEAK_BLOCKS] = {"peak-blocks", "blocks live at the peak", NULL, "count",
			       VALUE(peak_blocks), 0},
	[VALUE_TEMPORARY] = {"temporary", "temporary allocations", NULL, "count", VALUE(temporary),
			     0},
};

const struct report_format report_formats[] = {
	{"text", "for people (the default)", true, report_text},
	{"json", "totals, stacks, losses, histograms; numbers in full", true, report_json},
	{"folded", "a line for each stack, as flamegraph.pl and inferno read", false,
	 report_folded},
	{"pprof",
	 "gzip protobuf of Go's pprof: alloc_objects, alloc_space, inuse_objects, "
	 "inuse_space",
	 false, report_pprof},
	{"speedscope", "JSON of speedscope.app, a profile for each figure", false,
	 report_speedscope},
	{"html", "one file with a flame graph for a browser, off line", true, report_html},
	{"csv", "a row for each stack", false, report_csv},
	{NULL, NULL, false, NULL},
};

size_t report_value_find(const char *name)
{
	size_t i = 0;

	while (i < REPORT_VALUES && strcmp(report_values[i].name, name) != 0)
		i++;
	return i;
}

uint64_t report_value_of(size_t value, const struct profile_values *v)
{
	uint64_t n;

	memcpy(&n, (const char *)v + report_values[value].offset, sizeof(n));
	return n;
}

double report_error_of(size_t value, const struct profile_values *v)
{
	double var;

	if (!report_values[value].var_offset)
		return 0;
	memcpy(&var, (const char *)v + report_values[value].var_offset, sizeof(var));
	return 1.96 * sqrt(var);
}

bool report_value_known(size_t value, const struct profile *p)
{
	switch (value) {
	case VALUE_PEAK:
	case VALUE_PEAK_BLOCKS: return p->peak_known;
	case VALUE_TEMPORARY: return p->temporary_known;
	case VALUE_LIVE:
	case VALUE_LIVE_BLOCKS: return p->frees_known;
	default: return true;
	}
}

void report_side_set(struct report_side *side, const char *name, struct profile *p,
		     const struct symbols_options *symbols)
{
	*side = (struct report_side){name, p, symbols_of(p, symbols)};
}

void report_side_release(struct report_side *side)
{
	symbols_free(side->s);
	profile_free(side->p);
	*side = (struct report_side){0};
}

/* --- paths --------------------------------------------------------------------------------------
 */

static void add_step(struct report_path *path, const struct report_step *step)
{
	if (path->n == path->cap) {
		path->cap = path->cap ? path->cap * 2 : 64;
		path->at = realloc(path->at, path->cap * sizeof(*path->at));
		if (!path->at)
			abort();
	}
	path->at[path->n++] = *step;
}

static void add_own(struct report_path *path, const char *name)
{
	add_step(path, &(struct report_step){.name = name, .frame = PROFILE_NONE});
}

/* "KIND NAME (NUMBER)": a process or a thread, whose name is of anybody's making. */
static void add_named(struct report_path *path, const char *kind, const char *name, uint32_t number)
{
	struct strbuf text = STRBUF_INIT;

	printable_add_line(&text, name);
	add_own(path, arena_printf(&path->names, "%s%s (%u)", kind, text.s, number));
	strbuf_release(&text);
}

static const char *thread_comm(const struct profile *p, const struct profile_stack *stack)
{
	for (size_t i = 0; i < p->nthreads; i++)
		if (p->threads[i].process == stack->process && p->threads[i].tid == stack->thread)
			return p->threads[i].comm;
	return "";
}

static void add_owner(struct report_path *path, const struct profile *p,
		      const struct profile_stack *stack, enum report_split split)
{
	const struct profile_process *of;

	if (split == SPLIT_NONE || stack->process == PROFILE_NONE)
		return;
	of = &p->processes[stack->process];
	add_named(path, "", of->comm, of->pid);
	if (split == SPLIT_THREAD && stack->thread)
		add_named(path, "thread ", thread_comm(p, stack), stack->thread);
}

static void add_frame(struct report_path *path, const struct report_side *side, uint32_t frame)
{
	const struct symbol_frame *names = &side->s->frames[frame];

	for (uint32_t i = names->n; i-- > 0;)
		add_step(path,
			 &(struct report_step){
				 .name = names->at[i].name,
				 .symbol = &names->at[i],
				 .frame = frame,
				 .kernel = side->p->frames[frame].flags & PROFILE_FRAME_KERNEL,
			 });
}

void report_path_of(struct report_path *path, const struct report_side *side,
		    const struct profile_stack *stack, enum report_split split)
{
	path->n = 0;
	add_owner(path, side->p, stack, split);
	if (stack->flags & PROFILE_STACK_CUT)
		add_own(path, "[cut]");
	if (stack->flags & PROFILE_STACK_OTHER)
		add_own(path, "[no stack kept]");
	for (uint32_t i = stack->nframes; i-- > 0;)
		add_frame(path, side, stack->frames[i]);
	if (!path->n)
		add_own(path, "[no stack]");
}

void report_path_release(struct report_path *path)
{
	free(path->at);
	arena_release(&path->names);
	*path = (struct report_path){0};
}
