/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Feeds the readers of files and words that strangers may have written with mutated input: the
 * first byte says which reader it is for. Nothing may crash, hang or leak.
 *
 *   'j' run.json, and all reporters on what was read   'p' a gate's policy
 *   's' a suite (beebench.json)   'q' a query of --filter   'r' a recording of memmon
 */
#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/compare/policy.h"
#include "harness/plugin.h"
#include "harness/result.h"
#include "harness/suite/suite.h"
#include "lib/log.h"
#include "monitor/source/replay.h"
#include "monitor/view/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Readers of files get one in memory, by its name in /proc. Aborts without memory. */
static int memory_file(const char *data, size_t size, char *path, size_t path_size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, data, size))
		abort();
	snprintf(path, path_size, "/proc/self/fd/%d", fd);
	return fd;
}

static void run_json(const char *path)
{
	static FILE *nowhere;
	struct run_file *run = NULL;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (!run_file_read(&run, path))
		for (size_t i = 0; reporter_list[i]; i++)
			reporter_list[i]->render(run, nowhere);
	run_file_release(run);
}

static void recording(const char *path)
{
	struct replayer *r = NULL;
	struct frame *f;

	if (!replayer_open(&r, path, TOOL_MEMMON))
		while (replayer_next(r, &f) > 0)
			;
	replayer_close(r);
}

static void policy(const char *text)
{
	struct gate_policy p = {0};

	policy_defaults(&p);
	policy_parse(&p, "gate.json", text);
	policy_release(&p);
}

static void suite(const char *text)
{
	struct suite_file f = {0};

	suite_file_parse(&f, "beebench.json", text);
	suite_file_release(&f);
}

static void query(const char *text)
{
	struct strbuf told = STRBUF_INIT;
	struct query_error e;
	struct query *q = NULL;
	struct proc_row row = {.pid = 7, .name = "fuzz"};

	if (query_parse(&q, text, &e))
		query_explain(text, &e, &told);
	else
		query_match(q, &row);
	query_free(q);
	strbuf_release(&told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], *copy;
	int fd;

	if (!size)
		return 0;
	log_init("fuzz", LOG_QUIET);
	copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	fd = memory_file(copy, size - 1, path, sizeof(path));
	switch (*data) {
	case 'j': run_json(path); break;
	case 'r': recording(path); break;
	case 'p': policy(copy); break;
	case 's': suite(copy); break;
	default: query(copy); break;
	}
	close(fd);
	free(copy);
	return 0;
}
