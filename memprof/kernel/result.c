/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The forms are those of memprof report. */
#include "lib/base.h"
#include "memprof/kernel/result.h"

#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "memprof/report/report.h"

uint64_t result_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static const struct report_format *find(const char *format)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (!format || !strcmp(f->name, format))
			return f;
	return NULL;
}

bool result_format_known(const char *format, const char *path)
{
	if (format && path) {
		log_err("--format shows a profile, -o keeps it: give one of them, then 'memprof "
			"report %s --format %s'",
			path, format);
		return false;
	}
	if (find(format))
		return true;
	log_err("--format: there is no '%s'; see 'memprof report --help'", format);
	return false;
}

int result_give(struct profile *p, const char *name, struct looks *looks, const char *format,
		uint64_t top, FILE *out)
{
	const struct symbols_options fast = {.names_only = true};
	const struct report_format *f = find(format ? format : "text");
	struct strbuf text = STRBUF_INIT;
	struct report r = {.top = top, .value = VALUE_BYTES};
	int err = looks_finish(looks, p);

	if (err || looks->path) {
		if (!err)
			looks_say(looks, p);
		profile_free(p);
		return err;
	}
	report_side_set(&r.side[0], name, p, &fast);
	err = f ? f->render(&r, &text) : -EINVAL;
	if (!err)
		fwrite(text.s, 1, text.len, out);
	report_side_release(&r.side[0]);
	strbuf_release(&text);
	return err;
}
