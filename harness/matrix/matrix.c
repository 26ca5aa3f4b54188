/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Monitors on kernels and processors: does it load, is it right, what does it cost?
 * (docs/matrix.md)
 *
 * A kernel is counted in one boot for all its monitors (`beebench exact`), so that their figures
 * are of one boot, and they are judged in as few boots as keep the CPUs busy (`beebench verify`):
 * commands of this program, as many at a time as there are CPUs. Where one that judged several
 * monitors ended before it had judged all, each of the rest is judged in a boot of its own: what
 * brings a kernel down is a finding about one monitor. A cell that is whole goes into a file at
 * once; what is there from an earlier start, with the same object, kernel and loads, is not done
 * again.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/collect.h"
#include "collector/manifest.h"
#include "collector/registry.h"
#include "harness/matrix/cell.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/result.h"
#include "harness/vm/guest_files.h"
#include "harness/vm/guest_monitors.h"
#include "harness/vm/kernel.h"
#include "harness/vm/qemu.h"
#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/names.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

enum { MAX_AT_ONCE = 64 };

struct matrix_params {
	char cells[PARAM_TEXT_MAX];
	uint64_t jobs;
};

static const struct param params[] = {
	PARAM_ROW_TEXT(matrix_params, cells,
		       "folder of the cells that are done (default results/matrix)"),
	PARAM_ROW(matrix_params, jobs, U64, "guests at a time (0: as many as there are CPUs)", 0, 0,
		  MAX_AT_ONCE),
	PARAM_END,
};

static const char *const default_monitors[] = {
	"memmon", "memmon_fast", "memmon-honey", "memmon-honey-O", "cpumon", "cpumon-honey", NULL};

/* Short, and among them what tells processors apart: sizes of pages, 2^62 bytes, threads. */
#define DEFAULT_LOADS "brk,fail,filter,forks,partial,remap,threads:count=301"
enum { NDEFAULT_LOADS = 7 };

/* A command of this program that is to be run, or runs. */
struct job {
	const char *kernel;
	/* Of `verify`, @ncells; none: `exact`, of all missing cells of the kernel. */
	struct cell **cells;
	size_t ncells;
	struct subproc child;
	int out, said; /* its stdout; memory where it writes what it says */
	struct strbuf text;
	bool started, ended;
};

struct matrix {
	struct run *run;
	struct strbuf loads;
	size_t nloads;
	struct cell *cells;
	size_t ncells;
	struct job *jobs;
	size_t njobs;
	int err; /* the first of keeping cells */
};

/* --- cells --- */

/* As -w takes them. Returns how many there are. */
static size_t spell_loads(struct strbuf *out, const struct run *run)
{
	for (size_t i = 0; i < run->nworkloads; i++) {
		const struct workload *w = &run->workloads[i];

		strbuf_addf(out, "%s%s", i ? "," : "", workload_name(w));
		if (w->ops->params && w->ops->params->name) {
			strbuf_addch(out, ':');
			param_format(w->ops->params, w->params, out);
		}
	}
	if (run->nworkloads)
		return run->nworkloads;
	strbuf_addstr(out, DEFAULT_LOADS);
	return NDEFAULT_LOADS;
}

/* The file of the monitor's object or source, and its manifest. */
static int find_files(const char *monitor, char **path, char **manifest, struct strbuf *why)
{
	int err = registry_find(monitor, path, why);
	char *object = err ? NULL : monitor_object(monitor);

	if (!err)
		*manifest = registry_manifest_path(*path);
	if (object) {
		free(*path);
		*path = object;
	}
	return err;
}

/* The sum of the object and of all else that the cell's figures come from. */
static int make_key(struct matrix *m, struct cell *c, const struct vm_kernel *k, struct strbuf *why)
{
	struct guest_file object = {0};
	struct strbuf sum = STRBUF_INIT, says = STRBUF_INIT, kernel = STRBUF_INIT;
	char *path = NULL, *manifest = NULL;
	int err = find_files(c->monitor, &path, &manifest, why);

	if (!err)
		err = guest_file_object(k->processor, path, &object, why);
	if (!err)
		err = vm_file_sha256(object.path, &sum);
	if (!err && !access(manifest, R_OK))
		err = vm_file_sha256(manifest, &says);
	if (!err)
		err = vm_file_sha256(k->path.s, &kernel);
	strbuf_addf(&c->key, "%.16s %.16s %.16s %s %llu %s", sum.s, says.len ? says.s : "-",
		    kernel.s, m->loads.s, (unsigned long long)m->run->seed, BEEBENCH_VERSION);
	guest_file_release(&object);
	strbuf_release(&sum);
	strbuf_release(&says);
	strbuf_release(&kernel);
	free(path);
	free(manifest);
	return err;
}

static int add_cell(struct matrix *m, const char *monitor, const char *kernel, const char *folder,
		    const struct vm_kernel *k, const char *cannot)
{
	struct cell *c = &m->cells[m->ncells];
	struct strbuf why = STRBUF_INIT;
	int err = cell_init(c, monitor, kernel, folder);

	m->ncells++;
	if (err)
		return err;
	cell_begin(c, k->processor ? k->processor->name : NULL);
	if (!*cannot)
		cannot = guest_monitors_refuse(monitor);
	if (cannot) {
		cell_skip(c, cannot);
		return 0;
	}
	err = make_key(m, c, k, &why);
	if (err == -EINVAL && !strchr(monitor, '/') && !why.len)
		return err;
	if (err)
		cell_skip(c, why.len ? why.s : strerror(-err));
	else
		cell_read(c);
	strbuf_release(&why);
	return 0;
}

static int can_run(const struct processor *p, struct strbuf *why)
{
	int err = vm_can_boot(p, why);

	return err ? err : guest_files_built(p, why);
}

/* All monitors on one kernel. One that cannot be had is a reason in each cell. */
static int add_kernel(struct matrix *m, const char *const *monitors, const char *kernel,
		      const char *folder)
{
	struct vm_kernel k = VM_KERNEL_INIT;
	struct strbuf why = STRBUF_INIT;
	int err = 0;

	/* What is missing here is said before a kernel is fetched that cannot be booted. */
	k.processor = vm_kernel_processor(kernel);
	if (k.processor)
		err = can_run(k.processor, &why);
	if (!err)
		err = vm_kernel_find(&k, kernel, &why);
	if (!err)
		err = can_run(k.processor, &why);
	if (err == -EINVAL || err == -ENOENT || err == -EINTR)
		log_err("%s", why.s);
	else
		err = 0;
	for (; !err && *monitors; monitors++)
		err = add_cell(m, *monitors, kernel, folder, &k, why.s);
	vm_kernel_release(&k);
	strbuf_release(&why);
	return err;
}

/* Is it there, and what a kernel could take? */
static int check_monitor(const char *monitor)
{
	struct manifest man;
	char *path = NULL;
	int err;

	if (!strcmp(monitor, "none")) {
		log_err("matrix: 'none' is no monitor that a kernel could take");
		return -EINVAL;
	}
	err = registry_find(monitor, &path, NULL);
	if (!err)
		err = registry_check_kind(path, NULL);
	if (!err && str_ends_with(path, ".json")) {
		manifest_defaults(&man, &vocabulary_memory);
		err = manifest_read(&man, path, NULL);
		manifest_release(&man);
	}
	free(path);
	return err;
}

/* Records tell monitors apart by their names. */
static int check_names(const char *const *monitors)
{
	struct names called = {0}, objects = {0};
	int err = 0;

	for (size_t i = 0; monitors[i] && !err; i++) {
		char *name = monitor_called(monitors[i]);
		char *object = registry_display_name(monitors[i]);
		size_t at;

		if (!name || !object)
			abort();
		at = MIN(names_add(&called, name), names_add(&objects, object));
		if (at != i) {
			log_err("matrix: %s and %s are both called %s, and a cell is called by its "
				"monitor; rename one of them",
				monitors[at], monitors[i],
				at < objects.n && !strcmp(objects.v[at], object) ? object : name);
			err = -EINVAL;
		}
		free(name);
		free(object);
	}
	names_release(&called);
	names_release(&objects);
	return err;
}

static int check_monitors(const char *const *monitors)
{
	int err = 0;

	for (const char *const *m = monitors; *m && !err; m++)
		err = check_monitor(*m);
	return err ? err : check_names(monitors);
}

/* --- jobs --- */

static struct job *add_job(struct matrix *m, const char *kernel)
{
	struct job *j = &m->jobs[m->njobs++];

	*j = (struct job){.kernel = kernel,
			  .child = SUBPROC_INIT,
			  .out = -1,
			  .said = -1,
			  .text = STRBUF_INIT};
	return j;
}

static void judge_in(struct job *j, struct cell *c)
{
	struct cell **more = realloc(j->cells, (j->ncells + 1) * sizeof(*more));

	if (!more)
		abort();
	j->cells = more;
	j->cells[j->ncells++] = c;
}

/* Of a kernel's missing cells one job counts, and @boots judge. */
static void plan_kernel(struct matrix *m, const char *kernel, size_t boots)
{
	size_t first = m->njobs + 1, missing = 0;

	for (size_t i = 0; i < m->ncells; i++) {
		struct cell *c = &m->cells[i];

		if (c->kernel != kernel || c->judged)
			continue;
		if (!missing)
			add_job(m, kernel);
		judge_in(missing < boots ? add_job(m, kernel) : &m->jobs[first + missing % boots],
			 c);
		missing++;
	}
}

/* As many boots for each kernel as give each CPU something to do. */
static void plan_jobs(struct matrix *m, const char *const *kernels, size_t at_once)
{
	size_t n = 0;

	while (kernels[n])
		n++;
	for (size_t i = 0; i < n; i++)
		plan_kernel(m, kernels[i], (at_once + n - 1) / n);
}

static void add_name(struct strbuf *out, const struct cell *c)
{
	strbuf_addf(out, "%s%s", out->len ? "," : "", c->monitor);
}

/* Names of the monitors that @j is about, with commas. */
static void monitors_of(const struct matrix *m, const struct job *j, struct strbuf *out)
{
	for (size_t i = 0; i < j->ncells; i++)
		add_name(out, j->cells[i]);
	for (size_t i = 0; !j->ncells && i < m->ncells; i++)
		if (m->cells[i].kernel == j->kernel && !m->cells[i].counted)
			add_name(out, &m->cells[i]);
}

static int start(struct matrix *m, struct job *j)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct strbuf monitors = STRBUF_INIT;
	char seed[24];
	const char *argv[] = {"/proc/self/exe",
			      j->ncells ? "verify" : "exact",
			      "-q",
			      "--out",
			      "-",
			      "-k",
			      j->kernel,
			      "-s",
			      seed,
			      "-m",
			      NULL,
			      "-o",
			      j->ncells ? "guest=yes" : "timeout=600",
			      j->ncells ? "-w" : NULL,
			      m->loads.s,
			      NULL};
	int ends[2], err = 0;

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)m->run->seed);
	monitors_of(m, j, &monitors);
	argv[10] = monitors.s;
	j->said = memfd_create("said", MFD_CLOEXEC);
	if (j->said < 0 || pipe2(ends, O_CLOEXEC)) {
		err = -errno;
		goto out;
	}
	j->out = ends[0];
	opts.argv = argv;
	opts.stdout_fd = ends[1];
	opts.stderr_fd = j->said;
	err = subproc_start(&j->child, &opts);
	close(ends[1]);
	j->started = true;
out:
	strbuf_release(&monitors);
	return err;
}

/* What it wrote, a record a line, as a JSON array. */
static struct json_object *records_of(struct job *j)
{
	struct json_object *all = json_object_new_array();
	char *save = NULL;

	for (char *line = strtok_r(j->text.s, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct json_object *o = json_tokener_parse(line);

		if (o)
			json_object_array_add(all, o);
	}
	return all;
}

/* The first thing it said that is an error, or its last line. */
static void last_words(const struct job *j, struct strbuf *out)
{
	char text[8192];
	ssize_t n = pread(j->said, text, sizeof(text) - 1, 0);
	const char *found = NULL, *at;

	text[MAX(n, 0)] = '\0';
	for (at = text; (at = strstr(at, "error: ")); at += 7)
		found = found ? found : at + 7;
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	if (!found && *text)
		found = strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
	strbuf_addstr(out, found ? found : "it said nothing");
}

static void finish_cell(struct matrix *m, struct cell *c)
{
	int err = 0;

	if (!c->counted || !c->judged)
		return;
	progress_step(m->run->progress, "%s on %s: %s", c->name, c->kernel,
		      record_str(c->record, "verdict", record_str(c->record, "status", "")));
	err = cell_write(c);
	m->err = m->err ? m->err : err;
}

static void finish(struct matrix *m, struct job *j)
{
	struct json_object *records = records_of(j);
	struct strbuf said = STRBUF_INIT;

	last_words(j, &said);
	for (size_t i = 0; !j->ncells && i < m->ncells; i++) {
		if (m->cells[i].kernel != j->kernel || m->cells[i].counted)
			continue;
		cell_counted(&m->cells[i], records, said.s);
		finish_cell(m, &m->cells[i]);
	}
	for (size_t i = 0; i < j->ncells; i++) {
		if (j->ncells > 1 && cell_trials(j->cells[i], records) < m->nloads) {
			judge_in(add_job(m, j->kernel), j->cells[i]);
			continue;
		}
		cell_judged(j->cells[i], records, said.s);
		finish_cell(m, j->cells[i]);
	}
	strbuf_release(&said);
	json_object_put(records);
}

static void release(struct job *j)
{
	subproc_kill(&j->child, 2000);
	subproc_release(&j->child);
	if (j->out >= 0)
		close(j->out);
	if (j->said >= 0)
		close(j->said);
	j->out = j->said = -1;
	strbuf_release(&j->text);
	free(j->cells);
	j->cells = NULL;
}

/* Takes what it wrote; at its end the cells have it. */
static void listen_to(struct matrix *m, struct job *j)
{
	char data[65536];
	ssize_t n = read(j->out, data, sizeof(data));

	if (n > 0) {
		strbuf_add(&j->text, data, (size_t)n);
		return;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	subproc_wait(&j->child, 10000);
	finish(m, j);
	release(j);
	j->ended = true;
}

static int run_jobs(struct matrix *m, size_t at_once)
{
	int err = 0;

	while (!err && !m->err) {
		struct pollfd p[MAX_AT_ONCE];
		struct job *who[MAX_AT_ONCE];
		nfds_t n = 0;

		for (size_t i = 0; !err && i < m->njobs && n < at_once; i++) {
			struct job *j = &m->jobs[i];

			if (j->ended)
				continue;
			if (!j->started)
				err = start(m, j);
			p[n] = (struct pollfd){.fd = j->out, .events = POLLIN};
			who[n++] = j;
		}
		if (!n || err)
			break;
		if (poll(p, n, 1000) < 0 && errno != EINTR)
			err = -errno;
		if (run_interrupted())
			err = -EINTR;
		for (nfds_t i = 0; !err && i < n; i++)
			if (p[i].revents)
				listen_to(m, who[i]);
	}
	return err ? err : m->err;
}

/* --- the whole --- */

static size_t cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (size_t)CPU_COUNT(&set);
}

/* Makes the folder, and those above it. Returns a descriptor that locks it, or -errno. */
static int open_folder(const char *folder)
{
	struct strbuf path = STRBUF_INIT;
	int fd;

	strbuf_addf(&path, "%s/", folder);
	outfile_make_above(path.s); /* opening it says what is wrong */
	strbuf_release(&path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fd = -errno;
		log_err_sys(fd,
			    "cannot keep the cells in %s; choose another folder with -o "
			    "cells=DIR",
			    folder);
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		log_err("another matrix is at work in %s; choose another folder with -o cells=DIR",
			folder);
		fd = -EBUSY;
	}
	return fd;
}

static unsigned int to_do(const struct matrix *m)
{
	unsigned int n = 0;

	for (size_t i = 0; i < m->ncells; i++)
		n += !m->cells[i].judged;
	return n;
}

static int emit(struct matrix *m)
{
	int err = 0;

	for (size_t i = 0; i < m->ncells && !err; i++)
		if (m->cells[i].counted && m->cells[i].judged)
			err = sink_emit(m->run->sink, json_object_get(m->cells[i].record));
	return err;
}

static int run_matrix(struct run *run, const void *params_)
{
	const struct matrix_params *p = params_;
	const char *folder = *p->cells ? p->cells : "results/matrix";
	const char *const *monitors = run_chosen(run->monitors, default_monitors);
	const char *const *kernels = run_chosen(run->kernels, vm_kernels_all);
	struct matrix m = {.run = run, .loads = STRBUF_INIT};
	size_t nm = 0, nk = 0, at_once = p->jobs ? p->jobs : MIN(cpus(), (size_t)MAX_AT_ONCE);
	int lock, err = check_monitors(monitors), emitted;

	if (err)
		return err;
	lock = open_folder(folder);
	err = MIN(lock, 0);

	while (monitors[nm])
		nm++;
	while (kernels[nk])
		nk++;
	m.cells = calloc(nm * nk + 1, sizeof(*m.cells));
	/* Of each kernel one that counts; of each cell one that judges it, and one that does so
	 * again. */
	m.jobs = calloc((2 * nm + 1) * nk + 1, sizeof(*m.jobs));
	if (!m.cells || !m.jobs)
		err = -ENOMEM;
	m.nloads = spell_loads(&m.loads, run);
	for (size_t i = 0; i < nk && !err; i++)
		err = add_kernel(&m, monitors, kernels[i], folder);
	if (!err) {
		plan_jobs(&m, kernels, at_once);
		progress_plan(run->progress, "matrix", to_do(&m), 5);
		progress_begin(run->progress, "matrix");
		err = run_jobs(&m, at_once);
	}
	emitted = emit(&m);
	for (size_t i = 0; i < m.njobs; i++)
		release(&m.jobs[i]);
	for (size_t i = 0; i < m.ncells; i++)
		cell_release(&m.cells[i]);
	free(m.cells);
	free(m.jobs);
	strbuf_release(&m.loads);
	if (lock >= 0)
		close(lock);
	return err ? err : emitted;
}

static unsigned int steps(const struct run *run UNUSED, const void *params_ UNUSED, double *seconds)
{
	*seconds = 5;
	return 1;
}

const struct measure_ops measure_matrix = {
	.name = "matrix",
	.help = "monitors x kernels x processors: does it load, is it right, what does it cost?",
	.params = params,
	.params_size = sizeof(struct matrix_params),
	.supported = vm_supported,
	.steps = steps,
	.takes = TAKES_WORKLOADS | TAKES_KERNELS,
	.run = run_matrix,
};
