/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpftrace: its JSON lines become tables of counters (whatever it does not know it passes over);
 * a script is checked before it runs; and we know when it really counts.
 */
#include "lib/base.h"
#include "collector/bpftrace.h"

#include <ctype.h>
#include <dirent.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/why.h"
#include "lib/subproc.h"
#include "collector/bt_script.h"
#include "collector/registry.h"
#include "collector/features.h"

static void map_clear(struct bt_map *m)
{
	free(m->name);
	free(m->cells);
	free(m->odd);
	*m = (struct bt_map){0};
}

void bt_release(struct bt_result *r)
{
	for (size_t i = 0; i < r->nmaps; i++)
		map_clear(&r->maps[i]);
	free(r->maps);
	free(r->first_error);
	*r = (struct bt_result){0};
}

const struct bt_map *bt_find(const struct bt_result *r, const char *name)
{
	for (size_t i = 0; i < r->nmaps; i++)
		if (!strcmp(r->maps[i].name, name))
			return &r->maps[i];
	return NULL;
}

static void odd(struct bt_map *m, const char *fmt, const char *what)
{
	if (!m->odd && asprintf(&m->odd, fmt, what) < 0)
		m->odd = NULL;
}

/* "9007199254740993": bpftrace from 0.24 on, where a double cannot hold the number. */
static bool digits(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !*end && !errno;
}

/* A whole number of at least 0; json-c clamps what does not fit. */
static bool counter(struct json_object *o, uint64_t *out)
{
	if (json_object_is_type(o, json_type_string))
		return digits(json_object_get_string(o), out);
	if (!json_object_is_type(o, json_type_int))
		return false;
	if (json_object_get_int64(o) < 0)
		return false;
	*out = json_object_get_uint64(o);
	return true;
}

static bool key_number(const char *text, uint32_t *out)
{
	uint64_t v;
	bool is = digits(text, &v) && v <= UINT32_MAX;

	*out = is ? (uint32_t)v : 0;
	return is;
}

static void read_cells(struct bt_map *m, struct json_object *table)
{
	if (!json_object_is_type(table, json_type_object)) {
		odd(m, "it is %s, not a table by thread or process", json_object_get_string(table));
		return;
	}
	m->cells = calloc((size_t)json_object_object_length(table) + 1, sizeof(*m->cells));
	if (!m->cells)
		abort();
	json_object_object_foreach (table, key, val) {
		struct bt_cell *c = &m->cells[m->n];

		if (!key_number(key, &c->key))
			odd(m, "its key '%s' is no number", key);
		else if (!counter(val, &c->value))
			odd(m, "its value %s is no counter", json_object_get_string(val));
		else
			m->n++;
	}
}

/* {"@name": {"key": value, ..}}: replaces what was printed of that map before. @kind: what it is
 * instead of a map of counters, NULL: it is one. */
static bool read_map(struct bt_result *r, struct json_object *data, const char *kind)
{
	if (!json_object_is_type(data, json_type_object))
		return false;
	json_object_object_foreach (data, name, table) {
		struct bt_map *m = (struct bt_map *)bt_find(r, name);

		if (m) {
			map_clear(m);
		} else {
			r->maps = reallocarray(r->maps, r->nmaps + 1, sizeof(*r->maps));
			if (!r->maps)
				abort();
			m = &r->maps[r->nmaps++];
		}
		*m = (struct bt_map){.name = strdup(name)};
		if (kind)
			odd(m, "it is of kind %s; counters are made by count() and sum()", kind);
		else
			read_cells(m, table);
	}
	return true;
}

/* The number called @name, or "count", in "data" or beside it. */
static bool number(struct json_object *line, const char *name, uint64_t *out)
{
	struct json_object *data, *o;

	if (json_object_object_get_ex(line, "data", &data) &&
	    (json_object_object_get_ex(data, name, &o) ||
	     json_object_object_get_ex(data, "count", &o)))
		return counter(o, out);
	return json_object_object_get_ex(line, "count", &o) && counter(o, out);
}

static bool read_attached(struct bt_result *r, struct json_object *line)
{
	r->ready = true;
	return number(line, "probes", &r->probes);
}

static bool read_lost(struct bt_result *r, struct json_object *line)
{
	uint64_t n;

	if (!number(line, "events", &n))
		return false;
	r->lost_events += n;
	return true;
}

static bool read_table(struct bt_result *r, struct json_object *line)
{
	struct json_object *data;

	return json_object_object_get_ex(line, "data", &data) && read_map(r, data, NULL);
}

/* {"type": "hist", "data": {"@name": ..}}: a map, and no counters. */
static bool read_other_map(struct bt_result *r, struct json_object *line)
{
	struct json_object *data, *type;

	return json_object_object_get_ex(line, "type", &type) &&
	       json_object_object_get_ex(line, "data", &data) &&
	       read_map(r, data, json_object_get_string(type));
}

static void add_error(struct bt_result *r, struct json_object *line, const char *text)
{
	struct json_object *number, *helper = NULL;

	json_object_object_get_ex(line, "helper", &helper);
	if (r->errors++)
		return;
	if (asprintf(&r->first_error, "%s%s%.*s%s%s", helper ? json_object_get_string(helper) : "",
		     helper ? ": " : "", (int)strcspn(text, "\n"), text,
		     json_object_object_get_ex(line, "line", &number) ? ", line " : "",
		     json_object_object_get_ex(line, "line", &number)
			     ? json_object_get_string(number)
			     : "") < 0)
		r->first_error = NULL;
}

/* {"type": "helper_error", "msg": .., "helper": "map_update_elem", "retcode": -7, ..}: E2BIG is a
 * full map. */
static bool read_failure(struct bt_result *r, struct json_object *line)
{
	struct json_object *helper = NULL, *code = NULL, *text = NULL;

	json_object_object_get_ex(line, "helper", &helper);
	json_object_object_get_ex(line, "retcode", &code);
	json_object_object_get_ex(line, "msg", &text);
	if (helper && code && json_object_get_int64(code) == -E2BIG &&
	    strstr(json_object_get_string(helper), "map_update_elem"))
		r->map_full++;
	else
		add_error(r, line, text ? json_object_get_string(text) : "without a word");
	return true;
}

/* {"type": "errorf", "data": ".."}: the script's own. */
static bool read_errorf(struct bt_result *r, struct json_object *line)
{
	struct json_object *text = NULL;

	json_object_object_get_ex(line, "data", &text);
	add_error(r, line, text ? json_object_get_string(text) : "without a word");
	return true;
}

static bool read_ready(struct bt_result *r, struct json_object *line UNUSED)
{
	r->ready = true;
	return true;
}

static bool read_line(struct bt_result *r, struct json_object *line)
{
	static const struct {
		const char *type;
		bool (*read)(struct bt_result *r, struct json_object *line);
	} readers[] = {
		{"map", read_table},
		{"attached_probes", read_attached},
		{"lost_events", read_lost},
		{"ready", read_ready},
		{"stats", read_other_map},
		{"hist", read_other_map},
		{"tseries", read_other_map},
		{"helper_error", read_failure},
		{"runtime_error", read_failure},
		{"errorf", read_errorf},
	};
	struct json_object *type;

	if (!json_object_is_type(line, json_type_object) ||
	    !json_object_object_get_ex(line, "type", &type) ||
	    !json_object_is_type(type, json_type_string))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (!strcmp(json_object_get_string(type), readers[i].type))
			return readers[i].read(r, line);
	return true; /* printf, value, time, ..: not ours */
}

static bool parse_line(struct bt_result *r, const char *text, size_t size)
{
	struct json_tokener *tok;
	struct json_object *line;
	bool good = false;

	if (size > INT_MAX)
		return false;
	tok = json_tokener_new();
	if (!tok)
		abort();
	line = json_tokener_parse_ex(tok, text, (int)size);
	if (json_tokener_get_error(tok) == json_tokener_success &&
	    json_tokener_get_parse_end(tok) == size)
		good = read_line(r, line);
	json_object_put(line);
	json_tokener_free(tok);
	return good;
}

static bool blank(const char *text, size_t size)
{
	while (size && strchr(" \t\r", text[size - 1]) && text[size - 1])
		size--;
	return !size;
}

void bt_parse(const char *text, size_t size, struct bt_result *out)
{
	uint64_t number_of = 0;

	*out = (struct bt_result){0};
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t n = end ? (size_t)(end - text) : size;
		bool good = blank(text, n) || parse_line(out, text, n);

		number_of++;
		if (!end) {
			out->truncated = !good;
		} else if (!good && !out->bad_lines++) {
			out->first_bad = number_of;
		}
		text += n + (end != NULL);
		size -= n + (end != NULL);
	}
}

/* 0.17 knows the first, 0.18 and later the second; each ignores the other. */
const char *const bpftrace_env[] = {"BPFTRACE_MAP_KEYS_MAX=10240", "BPFTRACE_MAX_MAP_KEYS=10240",
				    NULL};
_Static_assert(BPFTRACE_MAP_KEYS == 10240, "the same number stands in the environment");

const char *const bpftrace_run[] = {"bpftrace", "-f",	    "json",	"-o",
				    "{out}",	"{script}", "{cgroup}", NULL};

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *code, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = code; (p = strstr(p, word)); p++)
		if (!word_char(p[n]) && (p == code || !word_char(p[-1])))
			return true;
	return false;
}

/* Every "@name" of the script once, for the error. */
static void list_maps(const char *code, struct strbuf *out)
{
	for (const char *p = code; (p = strchr(p, '@')); p++) {
		char name[64];
		size_t n = 1;

		while (word_char(p[n]) && n + 1 < sizeof(name))
			n++;
		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		if (!has_word(out->s, name))
			strbuf_addf(out, "%s%s", out->len ? ", " : "", name);
	}
}

static int check_named_maps(const struct monitor *m, const char *code)
{
	for (size_t f = 0; f < m->manifest.words->nfields; f++) {
		const char *map = m->manifest.counters.fields[f];
		struct strbuf there = STRBUF_INIT;

		if (!map || has_word(code, map))
			continue;
		list_maps(code, &there);
		why_err(m->why, "%s: no map '%s', which %s names for %s (its maps: %s)", m->path,
			map, m->manifest.file, m->manifest.words->fields[f].name,
			there.len ? there.s : "none");
		strbuf_release(&there);
		return -EINVAL;
	}
	return 0;
}

/* A script of none of our names says itself what its maps mean. */
static int declare_itself(struct monitor *m)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, m->path);

	m->means = strbuf_detach(&text);
	m->means_name = strdup(m->path);
	m->info.own_means = true;
	monitor_declare(m);
	return err;
}

/* Without a manifest a script may call its maps by our names. */
static int find_our_maps(struct monitor *m, const char *code)
{
	char *beside, *names[COUNTER_FIELDS_MAX] = {0};
	struct strbuf there = STRBUF_INIT;
	bool any = false;

	/* Of the first subject that has words for some of them. */
	for (const struct vocabulary *const *v = vocabularies(); *v && !any; v++) {
		for (size_t f = 0; f < (*v)->nfields && !(*v)->everyday; f++) {
			struct strbuf name = STRBUF_INIT;

			strbuf_addf(&name, "@%s", (*v)->fields[f].name);
			if (has_word(code, name.s)) {
				names[f] = strbuf_detach(&name);
				any = true;
			}
			strbuf_release(&name);
		}
		if (any && *v != m->manifest.words) {
			manifest_release(&m->manifest);
			manifest_defaults(&m->manifest, *v);
			m->info.words = *v;
		}
	}
	if (!any && vocabulary_declared())
		return declare_itself(m);
	manifest_set_counters(&m->manifest, names);
	if (any)
		return 0;
	list_maps(code, &there);
	beside = registry_manifest_path(m->path);
	why_err(m->why,
		"%s: none of its maps (%s) has a name of ours, like @mmap_count; say which is "
		"which in %s "
		"(docs/adding-a-monitor.md)",
		m->path, there.len ? there.s : "none", beside);
	free(beside);
	strbuf_release(&there);
	return -EINVAL;
}

static int check_script(struct monitor *m, bool *exits)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, m->path);
	char *code;

	if (err) {
		why_err_sys(m->why, err, "cannot read the script %s", m->path);
		return err;
	}
	code = bt_script_code(text.s);
	strbuf_release(&text);
	if (m->means)
		err = 0;
	else
		err = m->manifest.counters.named ? check_named_maps(m, code)
						 : find_our_maps(m, code);
	*exits = has_word(code, "exit");
	if (!err && has_word(code, "cgroup") && strstr(code, "$1"))
		m->info.caps |= MONITOR_CGROUP;
	free(code);
	return err;
}

int bpftrace_check(struct monitor *m, bool *exits)
{
	char path[4096];
	int err = check_script(m, exits);

	if (err)
		return err;
	if (subproc_find_program("bpftrace", path, sizeof(path))) {
		why_err(m->why,
			"%s: there is no bpftrace here; install it: sudo apt-get install bpftrace",
			m->path);
		return -ENOTSUP;
	}
	if (geteuid()) {
		why_err(m->why, "%s: bpftrace runs as root only; use sudo", m->path);
		return -EPERM;
	}
	m->info.map_entries = BPFTRACE_MAP_KEYS;
	return tracefs_ensure(m->why);
}

bool bpftrace_settled(pid_t pid)
{
	char path[64], word[32] = "";
	long nr;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	f = fopen(path, "re");
	if (!f)
		return true;
	if (!fgets(word, sizeof(word), f))
		word[0] = '\0';
	fclose(f);
	nr = strtol(word, NULL, 10);
	if (!isdigit((unsigned char)word[0]))
		return false; /* "running" */
#ifdef SYS_epoll_wait
	if (nr == SYS_epoll_wait)
		return true;
#endif
	return nr == SYS_epoll_pwait || nr == SYS_ppoll;
}

pid_t bpftrace_in_group(pid_t group)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;
	struct dirent *d;

	while (proc && !found && (d = readdir(proc))) {
		struct strbuf text = STRBUF_INIT;
		char path[64];
		int parent, of;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/stat", d->d_name);
		if (!strbuf_read_file(&text, path) &&
		    sscanf(text.s, "%*d (bpftrace) %*c %d %d", &parent, &of) == 2 && of == group)
			found = (pid_t)strtol(d->d_name, NULL, 10);
		strbuf_release(&text);
	}
	if (proc)
		closedir(proc);
	return found;
}

void bpftrace_remind(pid_t pid)
{
	if (!bpftrace_settled(pid))
		return;
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
}
