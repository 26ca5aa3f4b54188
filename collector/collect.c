/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The face of the collector: opens a monitor of any kind, passes each call to its kind. */
#include "lib/base.h"
#include "collector/collect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/why.h"
#include "lib/strbuf.h"
#include "collector/backend.h"
#include "collector/honey_source.h"
#include "collector/registry.h"

static const struct monitor_backend none_backend = {0};

/* A manifest X.manifest.json that names no file belongs to X.bpf.o, X.o or X beside it. */
static char *file_beside(const char *manifest)
{
	static const char *const endings[] = {".bpf.o", ".o", ""};
	size_t n = strlen(manifest) - strlen(".manifest.json");
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; str_ends_with(manifest, ".manifest.json") && i < ARRAY_SIZE(endings);
	     i++) {
		strbuf_reset(&sb);
		strbuf_add(&sb, manifest, n);
		strbuf_addstr(&sb, endings[i]);
		if (!access(sb.s, R_OK))
			return strbuf_detach(&sb);
	}
	strbuf_release(&sb);
	return NULL;
}

/* Reads the manifest that was named, or the one beside the file; m->path becomes the file itself.
 */
static int open_manifest(struct monitor *m)
{
	bool named = str_ends_with(m->path, ".json");
	char *beside = named ? NULL : registry_manifest_path(m->path);
	const char *file = named ? m->path : beside;
	char *path;
	int err = 0;

	if (named || !access(file, F_OK))
		err = manifest_read(&m->manifest, file, m->why);
	free(beside);
	if (err || !named)
		return err;
	path = m->manifest.object ? m->manifest.object : m->manifest.script;
	path = path ? strdup(path) : m->manifest.run ? NULL : file_beside(m->path);
	if (path) {
		free(m->path);
		m->path = path;
		if (access(path, R_OK)) {
			err = -errno;
			why_err_sys(m->why, err, "%s names %s", m->manifest.file, path);
		}
	} else if (!m->manifest.run) {
		why_err(m->why,
			"%s: says no \"object\", \"script\" or \"run\", and there is no such file "
			"beside it",
			m->path);
		err = -EINVAL;
	}
	return err;
}

/* NAME.means.bt beside an object; NULL: there is none. */
static char *means_beside(const struct monitor *m)
{
	static const char *const endings[] = {".bpf.o", ".o", ".ex"};
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		if (!str_ends_with(m->path, endings[i]))
			continue;
		strbuf_add(&sb, m->path, strlen(m->path) - strlen(endings[i]));
		strbuf_addstr(&sb, ".means.bt");
		if (!access(sb.s, R_OK))
			return strbuf_detach(&sb);
		break;
	}
	strbuf_release(&sb);
	return NULL;
}

/* The definition that @means is, or is the path of; @said says where it stands. */
static int take_means(struct monitor *m, const char *means, const char *said)
{
	struct strbuf text = STRBUF_INIT;
	int err = 0;

	if (manifest_means_is_path(means)) {
		err = strbuf_read_file(&text, means);
		said = means;
		if (err)
			why_err_sys(m->why, err, "cannot read the definition %s", means);
	} else {
		strbuf_addstr(&text, means);
	}
	if (!err) {
		m->means = strbuf_detach(&text);
		m->means_name = strdup(said);
	}
	strbuf_release(&text);
	return err;
}

/* Who says what its maps mean: the caller, the manifest, or a file beside the object. */
static int find_means(struct monitor *m, const char *asked)
{
	char *beside = m->manifest.file ? NULL : means_beside(m);
	struct strbuf said = STRBUF_INIT;
	int err = 0;

	if (asked && !vocabulary_declared()) {
		why_err(m->why, "%s: nobody here knows what to do with a definition", m->path);
		err = -ENOTSUP;
	} else if (asked) {
		err = take_means(m, asked, "--means");
	} else if (m->manifest.means) {
		strbuf_addf(&said, "%s: means", m->manifest.file);
		err = take_means(m, m->manifest.means, said.s);
	} else if (beside && vocabulary_declared()) {
		err = take_means(m, beside, beside);
	}
	free(beside);
	strbuf_release(&said);
	if (!err && m->means)
		monitor_declare(m);
	return err;
}

void monitor_declare(struct monitor *m)
{
	const struct vocabulary *words = vocabulary_declared();

	if (m->manifest.words != words) {
		manifest_release(&m->manifest);
		manifest_defaults(&m->manifest, words);
	}
	m->info.words = words;
	m->info.means = m->means;
	m->info.means_name = m->means_name;
	m->info.caps |= MONITOR_COUNTERS;
}

/* From here on the object that honeyc makes of the source is the monitor. */
static int compile_source(struct monitor *m)
{
	int err = honey_source_compile(m->path, NULL, &m->compiled, m->why);

	if (err)
		return err;
	free(m->path);
	m->path = strdup(m->compiled);
	return 0;
}

/*
 * What is said of the object that was made of a Honey source is said of the source: nobody knows
 * the object, which is gone by then, and its manifest lies beside the source.
 */
static void call_by_source(const struct monitor *m, const char *source, struct strbuf *told)
{
	char *hint = m->compiled ? registry_manifest_path(m->compiled) : NULL;
	char *manifest = hint ? registry_manifest_path(source) : NULL;

	if (hint) {
		strbuf_replace(told, hint, manifest);
		strbuf_replace(told, m->compiled, source);
	}
	free(hint);
	free(manifest);
}

static int open_kind(struct monitor *m, const struct monitor_target *target)
{
	if (str_ends_with(m->path, ".ex") && !m->manifest.run) {
		int err = compile_source(m);

		if (err)
			return err;
	}
	if (str_ends_with(m->path, ".o") && !m->manifest.run) {
		m->info.kind = MONITOR_OBJECT;
		return object_open(m, target);
	}
	if (m->manifest.run || str_ends_with(m->path, ".bt")) {
		m->info.kind = m->manifest.run ? MONITOR_COMMAND : MONITOR_BPFTRACE;
		return stream_open(m, target);
	}
	/* A manifest is open by now, as what it names. */
	return registry_check_kind(m->path, m->why);
}

/* open_kind(), with what it says in words that the user knows. */
static int open_called(struct monitor *m, const struct monitor_target *target)
{
	struct strbuf told = STRBUF_INIT, *why = m->why;
	char *source;
	int err;

	if (!str_ends_with(m->path, ".ex") || m->manifest.run)
		return open_kind(m, target);
	source = strdup(m->path);
	if (!source)
		return -ENOMEM;
	m->why = &told;
	err = open_kind(m, target);
	m->why = why;
	call_by_source(m, source, &told);
	if (told.len)
		why_err(why, "%s", told.s);
	strbuf_release(&told);
	free(source);
	return err;
}

int monitor_open(struct monitor **out, const char *name, const struct monitor_target *target,
		 struct strbuf *why)
{
	static const struct monitor_target everything;
	struct monitor *m = calloc(1, sizeof(*m));
	uint64_t start = clock_ns();
	int err = 0;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->ops = &none_backend;
	m->why = why;
	manifest_defaults(&m->manifest, &vocabulary_memory);
	m->info.words = m->manifest.words;
	if (!strcmp(name, "none")) {
		m->name = strdup(name);
		m->info.caps = MONITOR_NULL;
	} else {
		err = registry_find(name, &m->path, why);
		if (err)
			goto out;
		m->name = registry_display_name(m->path);
		err = open_manifest(m);
		if (!err)
			err = find_means(m, target ? target->means : NULL);
		if (err)
			goto out;
		if (m->manifest.name) {
			free(m->name);
			m->name = strdup(m->manifest.name);
		}
		m->info.words = m->manifest.words;
		m->info.key = m->manifest.key;
		m->info.definition = m->manifest.definition;
		m->info.races = m->manifest.races;
		m->info.filter = m->manifest.filter;
		m->info.caps |= m->manifest.compat ? MONITOR_COMPAT : 0;
		err = open_called(m, target ? target : &everything);
	}
	m->info.name = m->name;
	m->info.path = m->path;
	m->load_ns = clock_ns() - start;
out:
	m->why = NULL;
	if (err)
		monitor_close(m);
	else
		*out = m;
	return err;
}

const struct monitor_info *monitor_info(const struct monitor *m)
{
	return &m->info;
}

const char *const *monitor_starter(const struct monitor *m)
{
	return m->ops->starter ? m->ops->starter(m) : NULL;
}

/* The manifest that a monitor is, or the defaults; to be released. */
static void read_own_manifest(const char *name, struct manifest *out)
{
	struct strbuf ignored = STRBUF_INIT;
	char *path = NULL;

	manifest_defaults(out, &vocabulary_memory);
	if (strcmp(name, "none") != 0 && !registry_find(name, &path, &ignored) &&
	    str_ends_with(path, ".json"))
		(void)manifest_read(out, path, &ignored);
	free(path);
	strbuf_release(&ignored);
}

char *monitor_called(const char *name)
{
	struct strbuf ignored = STRBUF_INIT;
	struct manifest man;
	char *path = NULL, *file = NULL, *called = NULL;

	manifest_defaults(&man, &vocabulary_memory);
	if (strcmp(name, "none") != 0 && !registry_find(name, &path, &ignored)) {
		file = registry_manifest_path(path);
		if (!access(file, R_OK) && !manifest_read(&man, file, &ignored) && man.name)
			called = strdup(man.name);
	}
	if (!called)
		called = registry_display_name(path ? path : name);
	manifest_release(&man);
	free(path);
	free(file);
	strbuf_release(&ignored);
	return called;
}

bool monitor_starts(const char *name)
{
	struct manifest man;
	bool yes;

	read_own_manifest(name, &man);
	yes = man.starts;
	manifest_release(&man);
	return yes;
}

char *monitor_object(const char *name)
{
	struct manifest man;
	const char *path;
	char *copy;

	read_own_manifest(name, &man);
	path = man.object ? man.object : man.loads;
	copy = path ? strdup(path) : NULL;
	manifest_release(&man);
	return copy;
}

int monitor_attach(struct monitor *m)
{
	uint64_t start = clock_ns();
	int err;

	if (m->attached)
		return 0;
	if (m->detached) {
		log_err("%s: was detached; open it again to attach it again", m->name);
		return -EINVAL;
	}
	err = m->ops->attach ? m->ops->attach(m) : 0;
	m->attached = !err;
	m->attach_ns = clock_ns() - start;
	return err;
}

int monitor_poll(struct monitor *m, int timeout_ms, monitor_event_fn fn, void *arg)
{
	int n;

	if (!m->ops->poll) {
		if (timeout_ms > 0)
			clock_sleep_ns((uint64_t)timeout_ms * NSEC_PER_MSEC);
		return 0;
	}
	n = m->ops->poll(m, timeout_ms, fn, arg);
	if (n > 0) {
		m->polls++;
		m->records += (uint64_t)n;
	}
	return n;
}

int monitor_snapshot(struct monitor *m, struct counter_table *out)
{
	*out = counter_table_new(m->info.words, m->info.fields, sizeof(uint32_t));
	return m->ops->snapshot ? m->ops->snapshot(m, out) : 0;
}

int monitor_set_events(struct monitor *m, bool on)
{
	return m->ops->set_events ? m->ops->set_events(m, on) : -ENOTSUP;
}

int monitor_take_ended(struct monitor *m, struct counter_table *out)
{
	*out = counter_table_new(m->info.words, m->info.fields, sizeof(uint32_t));
	return m->ops->take_ended ? m->ops->take_ended(m, out) : -ENOTSUP;
}

int monitor_forget(struct monitor *m, uint32_t key)
{
	return m->ops->forget ? m->ops->forget(m, key) : -ENOTSUP;
}

int monitor_fill(struct monitor *m, struct monitor_fill *out)
{
	*out = (struct monitor_fill){0};
	return m->ops->fill ? m->ops->fill(m, out) : 0;
}

size_t monitor_event_fds(const struct monitor *m, int *fds, size_t max)
{
	return m->ops->event_fds ? m->ops->event_fds(m, fds, max) : 0;
}

int monitor_detach(struct monitor *m)
{
	if (m->detached)
		return 0;
	m->detached = m->attached;
	m->attached = false;
	return m->detached && m->ops->detach ? m->ops->detach(m) : 0;
}

int monitor_losses(struct monitor *m, struct monitor_losses *out)
{
	*out = (struct monitor_losses){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	return m->ops->losses ? m->ops->losses(m, out) : 0;
}

int monitor_cost(struct monitor *m, struct monitor_cost *out)
{
	*out = (struct monitor_cost){
		.polls = m->polls,
		.records = m->records,
		.load_ns = m->load_ns,
		.attach_ns = m->attach_ns,
	};
	return m->ops->cost ? m->ops->cost(m, out) : 0;
}

void monitor_extras(const struct monitor *m, struct strbuf *out)
{
	if (m->ops->extras)
		m->ops->extras(m, out);
}

void monitor_close(struct monitor *m)
{
	if (!m)
		return;
	monitor_detach(m);
	if (m->ops->close)
		m->ops->close(m);
	manifest_release(&m->manifest);
	free(m->name);
	if (m->compiled)
		unlink(m->compiled);
	free(m->compiled);
	free(m->means);
	free(m->means_name);
	free(m->path);
	free(m);
}
