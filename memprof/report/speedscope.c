/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON of speedscope (its file-format-schema.json): the frames once, then a "sampled" profile for
 * each figure. endValue is the sum of the weights, or its axis is wrong; a weight of 0 is left out.
 */
#include "lib/base.h"
#include "memprof/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "monitor/sink/put.h"

/* A frame is told by its name, file and line. */
static size_t frame_of(struct names *frames, const struct report_step *s)
{
	struct strbuf key = STRBUF_INIT;
	size_t place;

	strbuf_addstr(&key, "{\"name\":");
	put_json_text(&key, s->name);
	if (s->symbol && s->symbol->file) {
		strbuf_addstr(&key, ",\"file\":");
		put_json_text(&key, s->symbol->file);
		strbuf_addf(&key, ",\"line\":%u", s->symbol->line);
	}
	strbuf_addch(&key, '}');
	place = names_add(frames, key.s);
	strbuf_release(&key);
	return place;
}

/* Of each stack: "[1,2,3]". The caller frees the array and its strings. */
static char **samples_of(const struct report *r, struct names *frames)
{
	const struct profile *p = r->side[0].p;
	char **samples = calloc(p->nstacks + 1, sizeof(*samples));
	struct strbuf text = STRBUF_INIT;
	struct report_path path = {0};

	if (!samples)
		abort();
	for (size_t i = 0; i < p->nstacks; i++) {
		report_path_of(&path, &r->side[0], &p->stacks[i], r->split);
		strbuf_addch(&text, '[');
		for (size_t k = 0; k < path.n; k++)
			strbuf_addf(&text, "%s%zu", k ? "," : "", frame_of(frames, &path.at[k]));
		strbuf_addch(&text, ']');
		samples[i] = strbuf_detach(&text);
	}
	report_path_release(&path);
	return samples;
}

static void add_profile(struct strbuf *out, const struct profile *p, size_t value, char **samples)
{
	struct strbuf weights = STRBUF_INIT;

	strbuf_addstr(out, "{\"type\":\"sampled\",\"name\":");
	put_json_text(out, report_values[value].title);
	strbuf_addf(out, ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":",
		    strcmp(report_values[value].unit, "bytes") != 0 ? "none" : "bytes");
	put_u64(out, report_value_of(value, &p->total));
	strbuf_addstr(out, ",\"samples\":[");
	for (size_t i = 0; i < p->nstacks; i++) {
		uint64_t v = report_value_of(value, &p->stacks[i].values);

		if (!v)
			continue;
		if (weights.len) {
			strbuf_addch(out, ',');
			strbuf_addch(&weights, ',');
		}
		strbuf_addstr(out, samples[i]);
		put_u64(&weights, v);
	}
	strbuf_addf(out, "],\"weights\":[%s]}", weights.s);
	strbuf_release(&weights);
}

int report_speedscope(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;
	struct names frames = {0};
	char **samples = samples_of(r, &frames);
	bool first = true;

	strbuf_addstr(out, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
			   "\"exporter\":\"memprof " BEEBENCH_VERSION "\",\"name\":");
	put_json_text(out, r->side[0].name);
	strbuf_addstr(out, ",\"activeProfileIndex\":0,\"shared\":{\"frames\":[");
	for (size_t i = 0; i < frames.n; i++)
		strbuf_addf(out, "%s%s", i ? "," : "", frames.v[i]);
	strbuf_addstr(out, "]},\"profiles\":[");
	/* The figure that was asked for is what it opens with. */
	for (size_t i = 0; i < REPORT_VALUES; i++) {
		size_t k = !i ? r->value : i - (i <= r->value);

		if (i && !report_value_known(k, p))
			continue;
		strbuf_addstr(out, first ? "" : ",");
		add_profile(out, p, k, samples);
		first = false;
	}
	strbuf_addstr(out, "]}\n");
	for (size_t i = 0; i < p->nstacks; i++)
		free(samples[i]);
	free(samples);
	names_release(&frames);
	return 0;
}
