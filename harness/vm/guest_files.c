/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Collects the files that a guest takes along. */
#include "lib/base.h"
#include "harness/vm/guest_files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/why.h"
#include "collector/elf_check.h"
#include "collector/honey_source.h"
#include "collector/registry.h"

int guest_files_add(struct guest_files *f, const char *as, const char *path)
{
	char **v = realloc(f->v, (f->n + 3) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	f->v = v;
	v[f->n] = strdup(as);
	v[f->n + 1] = strdup(path);
	v[f->n + 2] = NULL;
	if (!v[f->n] || !v[f->n + 1])
		return -ENOMEM;
	f->n += 2;
	return 0;
}

void guest_files_release(struct guest_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i]);
	free(f->v);
	*f = (struct guest_files){0};
}

static int add_folder(struct guest_files *f, const char *root, const char *folder)
{
	char path[PATH_MAX], as[PATH_MAX];
	struct dirent *e;
	DIR *dir;
	int err = 0;

	if (snprintf(path, sizeof(path), "%s/%s", root, folder) >= (int)sizeof(path))
		return 0;
	dir = opendir(path);
	while (dir && !err && (e = readdir(dir))) {
		if (!strstr(e->d_name, ".o") && !strstr(e->d_name, ".json") &&
		    !str_ends_with(e->d_name, ".btf"))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s/%s", root, folder, e->d_name) <
			    (int)sizeof(path) &&
		    snprintf(as, sizeof(as), "/bin/bpf/%s/%s", folder, e->d_name) < (int)sizeof(as))
			err = guest_files_add(f, as, path);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* Where the objects for @p are. */
static int objects_folder(const struct processor *p, char *path, size_t size)
{
	return p == processor_own() ? registry_folder(path, size)
				    : processor_data(p, "bpf", path, size);
}

/* Of one that ships here, the file for @p; else the same path. Appends. */
static int path_for(const struct processor *p, const char *path, struct strbuf *out)
{
	char root[PATH_MAX], other[PATH_MAX];
	size_t len;

	if (p == processor_own() || registry_folder(root, sizeof(root))) {
		strbuf_addstr(out, path);
		return 0;
	}
	len = strlen(root);
	if (objects_folder(p, other, sizeof(other)))
		return -ENAMETOOLONG;
	if (!strncmp(path, root, len) && path[len] == '/')
		strbuf_addf(out, "%s%s", other, path + len);
	else
		strbuf_addstr(out, path);
	return 0;
}

static int check_object(const struct processor *p, const char *path, bool ours, struct strbuf *why)
{
	struct strbuf make = STRBUF_INIT;
	bool big;

	if (ours && access(path, R_OK)) {
		processor_make(p, &make);
		why_err(why, "no %s; what is for %s is built by: %s", path, p->name, make.s);
		strbuf_release(&make);
		return -ENOTSUP;
	}
	if (elf_byte_order(path, &big) || big == p->big_endian)
		return 0;
	why_err(why,
		"%s is of %s-endian byte order, and %s is %s-endian; compile it with: clang -g -O2 "
		"-target %s -D__TARGET_ARCH_%s",
		path, big ? "big" : "little", p->name, p->big_endian ? "big" : "little",
		p->big_endian ? "bpfeb" : "bpfel", p->macro);
	return -EINVAL;
}

int guest_file_object(const struct processor *p, const char *path, struct guest_file *f,
		      struct strbuf *why)
{
	struct strbuf at = STRBUF_INIT;
	int err;

	*f = (struct guest_file){0};
	if (str_ends_with(path, ".ex")) {
		err = honey_source_compile(path, p == processor_own() ? NULL : p->name, &f->path,
					   why);
		f->made = !err;
		return err;
	}
	err = path_for(p, path, &at);
	if (!err)
		err = check_object(p, at.s, strcmp(at.s, path) != 0, why);
	if (!err)
		f->path = strbuf_detach(&at);
	strbuf_release(&at);
	return err;
}

void guest_file_release(struct guest_file *f)
{
	if (f->made)
		unlink(f->path);
	free(f->path);
	*f = (struct guest_file){0};
}

int guest_files_add_objects(struct guest_files *f, const struct processor *p)
{
	char root[PATH_MAX];
	struct dirent *d;
	int err = objects_folder(p, root, sizeof(root));
	DIR *top = err ? NULL : opendir(root);

	while (top && !err && (d = readdir(top)))
		if (d->d_name[0] != '.')
			err = add_folder(f, root, d->d_name);
	if (top)
		closedir(top);
	return err;
}

/* Where our program for @p is. */
static int find_beebench(const struct processor *p, char *path, size_t size, struct strbuf *why)
{
	struct strbuf make = STRBUF_INIT;
	int err = processor_data(p, "static/beebench", path, size);

	if (!err && access(path, R_OK)) {
		processor_make(p, &make);
		why_err(why, "no %s: a guest of %s is not built; build it: %s", path, p->name,
			p == processor_own() ? "make static" : make.s);
		err = -ENOTSUP;
	}
	strbuf_release(&make);
	return err;
}

int guest_files_built(const struct processor *p, struct strbuf *why)
{
	char path[PATH_MAX];

	return find_beebench(p, path, sizeof(path), why);
}

int guest_files_add_beebench(struct guest_files *f, const struct processor *p)
{
	char path[PATH_MAX];
	int err = find_beebench(p, path, sizeof(path), NULL);

	return err ? err : guest_files_add(f, "/bin/beebench", path);
}
