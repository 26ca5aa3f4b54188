/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The child writes each record into a file in memory, by a sink as any other; its exit code is what
 * measure_run() returned. */
#include "lib/base.h"
#include "harness/command/beside.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/progress.h"
#include "lib/log.h"

enum { LOOK_MS = 100 }; /* for a signal that came before the wait */

static bool cpu_to_spare(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

static int measure_beside(void *arg)
{
	struct beside *b = arg;
	struct run run = *b->run;
	char path[40];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", b->records);
	run.progress = progress_new(PROGRESS_NONE);
	err = sink_open(&run.sink, path);
	if (!err)
		err = measure_run(b->measure, NULL, &run);
	if (run.sink && sink_close(run.sink) && !err)
		err = -EIO;
	return err;
}

void beside_start(struct beside *b, const struct measure_ops *m, const struct run *run)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;

	*b = (struct beside){.run = run, .child = SUBPROC_INIT, .records = -1, .words = -1};
	if (!cpu_to_spare())
		return;
	b->records = memfd_create("records", MFD_CLOEXEC);
	b->words = memfd_create("words", MFD_CLOEXEC);
	b->measure = m;
	opts.child = measure_beside;
	opts.arg = b;
	opts.stderr_fd = b->words;
	if (b->records < 0 || b->words < 0 || subproc_start(&b->child, &opts))
		b->measure = NULL;
}

int beside_wait(struct beside *b)
{
	int err = b->measure && !b->child.reaped ? -ETIMEDOUT : 0;

	while (err == -ETIMEDOUT)
		err = run_interrupted() ? -EINTR : subproc_wait(&b->child, LOOK_MS);
	return err;
}

static FILE *from_the_start(int fd)
{
	FILE *file = lseek(fd, 0, SEEK_SET) ? NULL : fdopen(dup(fd), "r");

	if (!file)
		abort();
	return file;
}

static int take_records(struct beside *b, struct sink *sink)
{
	FILE *file = from_the_start(b->records);
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, file) > 0) {
		struct json_object *record = json_tokener_parse(line);

		err = record ? sink_emit(sink, record) : -EIO;
	}
	free(line);
	fclose(file);
	return err;
}

static void pass_words(struct beside *b)
{
	FILE *file = from_the_start(b->words);
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0)
		fputs(line, stderr);
	free(line);
	fclose(file);
}

int beside_take(struct beside *b, struct sink *sink)
{
	struct strbuf how = STRBUF_INIT;
	int err = beside_wait(b), taken;

	if (err)
		return err;
	pass_words(b);
	taken = take_records(b, sink);
	/* Its low eight bits hold every errno that there is. */
	err = (int8_t)WEXITSTATUS(b->child.status);
	if (!WIFEXITED(b->child.status)) {
		subproc_describe(&b->child, &how);
		log_err("%s was %s; run it alone: beebench %s", b->measure->name, how.s,
			b->measure->name);
		err = -ECHILD;
	}
	strbuf_release(&how);
	return taken ? taken : err;
}

void beside_end(struct beside *b)
{
	subproc_release(&b->child);
	if (b->records >= 0)
		close(b->records);
	if (b->words >= 0)
		close(b->words);
}
