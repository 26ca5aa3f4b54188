/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes what a run leaves for a person: pictures, then the reports that show them. */
#include "lib/base.h"
#include "harness/report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/report/plot.h"
#include "harness/plugin.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/strbuf.h"

static const struct {
	const char *reporter, *file;
} written[] = {
	{"markdown", "report.md"},
	{"html", "report.html"},
};

static const struct reporter_ops *find(const char *name)
{
	for (const struct reporter_ops *const *r = reporter_list; *r; r++)
		if (!strcmp((*r)->name, name))
			return *r;
	return NULL;
}

static int write_report(const struct run_file *run, const char *name, const char *file)
{
	const struct reporter_ops *reporter = find(name);
	struct strbuf path = STRBUF_INIT;
	FILE *f = NULL;
	int err = 0;

	if (!reporter) {
		log_err("this beebench was built without the reporter '%s'", name);
		return -ENOTSUP;
	}
	strbuf_addf(&path, "%s/%s", run->dir, file);
	f = fopen(path.s, "we");
	if (!f) {
		err = -errno;
		goto out;
	}
	err = reporter->render(run, f);
	if (!err && (fflush(f) || ferror(f)))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
out:
	if (err && f)
		unlink(path.s); /* half a report would pass for a whole one */
	if (err)
		log_err_sys(err, "cannot write %s (make room, then 'beebench report --write %s')",
			    path.s, run->dir);
	strbuf_release(&path);
	return err;
}

int report_write_all(const char *run_dir)
{
	struct run_file *run = NULL;
	int err, pictures;

	err = run_file_read(&run, run_dir);
	if (err)
		return err;
	pictures = plot_write_all(run, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(written) && !err; i++)
		err = write_report(run, written[i].reporter, written[i].file);
	run_file_release(run);
	return err ? err : pictures;
}
