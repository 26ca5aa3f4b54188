/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds monitors by name in the folder of BPF objects. */
#include "lib/base.h"
#include "collector/registry.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/data.h"
#include "lib/rights.h"
#include "lib/why.h"
#include "lib/strbuf.h"
#include "lib/suggest.h"
#include "collector/collect.h"
#include "collector/elf_check.h"

struct names {
	char **list;
	size_t n;
};

int registry_folder(char *path, size_t size)
{
	const char *env = secure_getenv("BEEBENCH_BPF_DIR");

	if (env && *env)
		return snprintf(path, size, "%s", env) < (int)size ? 0 : -ENAMETOOLONG;
	return data_path("bpf", path, size);
}

/* Calls @fn for each file two levels down, until it returns non-zero, which is returned. */
static int each_file(int (*fn)(const char *path, const char *name, void *arg), void *arg)
{
	char root[4096], path[8192];
	struct dirent *d, *f;
	DIR *top, *dir;
	int ret = registry_folder(root, sizeof(root));

	if (ret)
		return 0;
	top = opendir(root);
	while (top && !ret && (d = readdir(top))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", root, d->d_name);
		dir = opendir(path);
		while (dir && !ret && (f = readdir(dir))) {
			snprintf(path, sizeof(path), "%s/%s/%s", root, d->d_name, f->d_name);
			ret = fn(path, f->d_name, arg);
		}
		if (dir)
			closedir(dir);
	}
	if (top)
		closedir(top);
	return ret;
}

char *registry_display_name(const char *path)
{
	static const char *const endings[] = {".bpf.o", ".manifest.json", ".json", ".o"};
	const char *base = strrchr(path, '/');
	size_t n;

	base = base ? base + 1 : path;
	n = strlen(base);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (str_ends_with(base, endings[i])) {
			n -= strlen(endings[i]);
			break;
		}
	return strndup(base, n);
}

char *registry_manifest_path(const char *path)
{
	struct strbuf sb = STRBUF_INIT;
	size_t n = strlen(path);

	if (str_ends_with(path, ".json"))
		return strdup(path);
	if (str_ends_with(path, ".bpf.o"))
		n -= strlen(".bpf.o");
	else if (str_ends_with(path, ".o"))
		n -= strlen(".o");
	strbuf_add(&sb, path, n);
	strbuf_addstr(&sb, ".manifest.json");
	return strbuf_detach(&sb);
}

int registry_check_kind(const char *path, struct strbuf *why)
{
	static const char *const endings[] = {".o", ".ex", ".bt", ".json"};

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (str_ends_with(path, endings[i]))
			return 0;
	why_err(why,
		"%s: what is it? a monitor is an object (.bpf.o, .o), a Honey source (.ex), a "
		"bpftrace script (.bt) or a manifest (.json)",
		path);
	return -EINVAL;
}

/* There is a manifest, and it does not say "listed": false. A broken one is told of when its
 * monitor is opened. */
static bool is_listed(const char *manifest)
{
	struct json_object *doc, *listed = NULL;
	bool yes = true;

	if (access(manifest, F_OK))
		return false;
	doc = json_object_from_file(manifest);
	if (json_object_object_get_ex(doc, "listed", &listed))
		yes = json_object_get_boolean(listed);
	json_object_put(doc);
	return yes;
}

/* Ships as a monitor: has a manifest, or a map that marks a subject. The other objects there are
 * parts of the harness. */
static bool is_monitor(const char *path)
{
	char *manifest = registry_manifest_path(path);
	bool yes = is_listed(manifest);

	for (const struct vocabulary *const *v = vocabularies(); *v && !yes; v++)
		yes = (*v)->mark && str_ends_with(path, ".bpf.o") &&
		      elf_has_symbol(path, (*v)->mark);
	free(manifest);
	return yes;
}

/* A manifest of a command: there is no file beside it that it could be of. */
static bool is_command(const char *path)
{
	static const char *const endings[] = {".bpf.o", ".o", ""};
	size_t n = strlen(path) - strlen(".manifest.json");
	char beside[8192];

	if (!str_ends_with(path, ".manifest.json"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		snprintf(beside, sizeof(beside), "%.*s%s", (int)n, path, endings[i]);
		if (!access(beside, F_OK))
			return false;
	}
	return is_listed(path);
}

static int collect_name(const char *path, const char *name, void *arg)
{
	struct names *names = arg;

	if (!is_command(path) &&
	    ((!str_ends_with(name, ".bpf.o") && !str_ends_with(name, ".bt")) || !is_monitor(path)))
		return 0;
	names->list = reallocarray(names->list, names->n + 1, sizeof(*names->list));
	names->list[names->n++] = registry_display_name(name);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **monitor_names(void)
{
	struct names names = {0};
	size_t bytes = 0;
	char **block, *text;

	names.list = reallocarray(names.list, names.n + 1, sizeof(*names.list));
	names.list[names.n++] = strdup("none");
	each_file(collect_name, &names);
	qsort(names.list, names.n, sizeof(*names.list), by_text);
	for (size_t i = 0; i < names.n; i++)
		bytes += strlen(names.list[i]) + 1;
	block = malloc((names.n + 1) * sizeof(*block) + bytes);
	if (!block)
		abort();
	text = (char *)(block + names.n + 1);
	for (size_t i = 0; i < names.n; i++) {
		block[i] = text;
		text = stpcpy(text, names.list[i]) + 1;
		free(names.list[i]);
	}
	block[names.n] = NULL;
	free(names.list);
	return block;
}

struct wanted {
	const char *name;
	char *path, *second; /* monitors of that name */
	char *part;	     /* what is of that name and not listed: the harness's own, mostly */
};

static int match_name(const char *path, const char *name, void *arg)
{
	struct wanted *w = arg;
	size_t n = strlen(w->name);

	if (strncmp(name, w->name, n))
		return 0;
	if (strcmp(name + n, ".bpf.o") && (name[n] || !str_ends_with(name, ".bt")) &&
	    (strcmp(name + n, ".manifest.json") || !is_command(path)))
		return 0;
	if (str_ends_with(name, ".bpf.o") && !is_monitor(path))
		w->part = w->part ? w->part : strdup(path);
	else if (!w->path)
		w->path = strdup(path);
	else if (!w->second)
		w->second = strdup(path);
	return 0;
}

/* The monitor of that name. A part of the harness that is called alike gives way to it. */
static int find_named(const char *name, char **path, struct strbuf *why)
{
	struct wanted w = {.name = name};
	int err = 0;

	if (!strchr(name, '/') && *name)
		each_file(match_name, &w);
	if (w.second) {
		why_err(why, "%s: there are two monitors of this name, %s and %s; give a path",
			name, w.path, w.second);
		err = -EINVAL;
	} else {
		*path = w.path ? w.path : w.part;
	}
	if (*path != w.path)
		free(w.path);
	if (*path != w.part)
		free(w.part);
	free(w.second);
	return err;
}

static int unknown_name(const char *name, struct strbuf *why)
{
	char **names = monitor_names();
	const char *near;
	size_t n = 0;

	while (names[n])
		n++;
	near = suggest_nearest(name, (const char *const *)names, n);
	if (near)
		why_err(why, "no monitor '%s'; did you mean '%s'?", name, near);
	else
		why_err(why,
			"no monitor '%s'; see 'beebench list monitors', or give the path of an "
			"object, script or manifest",
			name);
	free(names);
	return -EINVAL;
}

/* What a newcomer names: what the object is made of, or the folder that it lies in. */
static int near_miss(const char *name, struct strbuf *why)
{
	struct stat st;
	char object[PATH_MAX];

	if (!stat(name, &st) && S_ISDIR(st.st_mode)) {
		why_err(why, "%s: a folder; give the object, script or manifest in it", name);
		return -EISDIR;
	}
	if (str_ends_with(name, ".c") && !access(name, F_OK)) {
		why_err(why,
			"%s: a source; compile it with: clang -g -O2 -target bpf -c %s, and give "
			"the object",
			name, name);
		return -ENOEXEC;
	}
	snprintf(object, sizeof(object), "%s.bpf.o", name);
	if (*name && !access(object, F_OK)) {
		why_err(why, "no monitor '%s'; did you mean '%s'?", name, object);
		return -ENOENT;
	}
	return 0;
}

int registry_find(const char *name, char **path, struct strbuf *why)
{
	char *found = NULL;
	int err = find_named(name, &found, why);

	if (err)
		return err;
	if (!found && rights_are_borrowed() && !access(name, F_OK)) {
		why_err(why,
			"%s: this program has rights of its own (setcap), which are for the "
			"monitors that ship; run yours as root (sudo)",
			name);
		return -EPERM;
	}
	err = found ? 0 : near_miss(name, why);
	if (err)
		return err;
	if (!found && !access(name, R_OK) &&
	    (strchr(name, '/') || str_ends_with(name, ".o") || str_ends_with(name, ".bt") ||
	     str_ends_with(name, ".ex") || str_ends_with(name, ".json")))
		found = strdup(name);
	if (!found && strchr(name, '/')) {
		err = -errno;
		why_err_sys(why, err, "cannot read the monitor %s", name);
		return err;
	}
	*path = found;
	return found ? 0 : unknown_name(name, why);
}
