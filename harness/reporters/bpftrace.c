/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters in the NDJSON that `bpftrace -f json` prints, for tools that read it: a map for each
 * counter, keyed "MONITOR,WORKLOAD" (bpftrace joins the parts of a key with commas). Format:
 * bpftrace 0.17, src/output.cpp, and what it prints.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <string.h>

#include "harness/report/report_grid.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "harness/record.h"
#include "harness/record_put.h"

static void put_line(FILE *out, const char *type, struct json_object *data)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "type", type);
	record_put(o, "data", data);
	record_put_json(o, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE, out);
	json_object_put(o);
}

static void put_number(FILE *out, const char *type, const char *name, uint64_t n)
{
	struct json_object *data = json_object_new_object();

	record_put_u64(data, name, n);
	put_line(out, type, data);
}

/* A comma separates the parts of a key, so none may be inside one. */
static void add_part(struct strbuf *key, const char *text)
{
	if (key->len)
		strbuf_addch(key, ',');
	for (; *text; text++)
		strbuf_addch(key, *text == ',' ? ';' : *text);
}

/* Names of the counters below @path of any trial. */
static void collect(const struct run_file *run, const char *path, struct names *out)
{
	struct json_object *o;

	record_foreach_type (run->records, o, "trial") {
		struct json_object *all = record_unpacked(record_get(o, path));

		if (record_is_object(all)) {
			json_object_object_foreach (all, name, value) {
				if (json_object_is_type(value, json_type_int))
					names_add(out, name);
			}
		}
		json_object_put(all);
	}
}

/* One map: counter @name below @path of every trial that has it. */
static void put_map(FILE *out, const struct run_file *run, const struct trial_grid *g,
		    const char *path, const char *name, const char *prefix)
{
	struct json_object *map = json_object_new_object(), *data = json_object_new_object(), *o;
	struct strbuf at = STRBUF_INIT, title = STRBUF_INIT;

	strbuf_addf(&at, "%s.%s", path, name);
	strbuf_addf(&title, "@%s%s", prefix, name);
	record_foreach_type (run->records, o, "trial") {
		struct json_object *v = record_get(o, at.s);
		struct strbuf key = STRBUF_INIT;

		add_part(&key, record_str(o, "monitor", "?"));
		add_part(&key, trial_grid_label(g, o));
		if (v)
			record_put(map, key.s, json_object_get(v));
		strbuf_release(&key);
	}
	record_put(data, title.s, map);
	put_line(out, "map", data);
	strbuf_release(&at);
	strbuf_release(&title);
}

static int render(const struct run_file *run, FILE *out)
{
	static const struct {
		const char *path, *prefix;
	} groups[] = {
		{"captured", ""},
		{"truth.calls", "truth_calls_"},
		{"truth.failed", "truth_failed_"},
	};
	uint64_t probes = 0, lost = 0;
	struct json_object *o;
	struct trial_grid g;

	trial_grid_build(&g, run);
	record_foreach_type (run->records, o, "trial") {
		probes = MAX(probes, record_count(o, "cost.programs"));
		lost += record_u64(o, "losses.lost_events", 0) +
			record_u64(o, "losses.ring_full", 0);
	}
	put_number(out, "attached_probes", "probes", probes);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct names names = {0};

		collect(run, groups[i].path, &names);
		for (size_t n = 0; n < names.n; n++)
			put_map(out, run, &g, groups[i].path, names.v[n], groups[i].prefix);
		names_release(&names);
	}
	if (lost)
		put_number(out, "lost_events", "events", lost);
	trial_grid_release(&g);
	return 0;
}

const struct reporter_ops reporter_bpftrace = {
	.name = "bpftrace",
	.help = "the counters in bpftrace's NDJSON",
	.render = render,
};
