/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Collects the files that a guest takes along. */
#include "lib/base.h"
#include "harness/vm/guest_files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
		return elf_check_file_of(path, p->big_endian, why);
	why_err(why,
		"%s is of %s-endian byte order, and %s is %s-endian; compile it with: clang -g -O2 "
		"-target %s -D__TARGET_ARCH_%s",
		path, big ? "big" : "little", p->name, p->big_endian ? "big" : "little",
		p->big_endian ? "bpfeb" : "bpfel", p->macro);
	return -EINVAL;
}

/* Appends to @at the file for @p, once it is looked at. */
static int find_whole(const struct processor *p, const char *path, struct strbuf *at,
		      struct strbuf *why)
{
	int err = path_for(p, path, at);

	return err ? err : check_object(p, at->s, strcmp(at->s, path) != 0, why);
}

int guest_file_check(const struct processor *p, const char *path, struct strbuf *why)
{
	struct strbuf at = STRBUF_INIT;
	int err = str_ends_with(path, ".ex") ? 0 : find_whole(p, path, &at, why);

	strbuf_release(&at);
	return err;
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
	err = find_whole(p, path, &at, why);
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

int guest_files_pack(struct guest_files *called, struct initrd *rd, const struct processor *p,
		     const char *path, uint64_t *bytes, struct strbuf *why)
{
	const char *slash = strrchr(path, '/');
	struct strbuf as = STRBUF_INIT;
	struct guest_file f;
	struct stat st;
	int err = guest_file_object(p, path, &f, why);

	strbuf_addf(&as, "/bpf/%zu/%s%s", called->n / 2, slash ? slash + 1 : path,
		    str_ends_with(path, ".ex") ? ".bpf.o" : "");
	if (!err)
		err = initrd_add_file(rd, as.s, false, f.path, why);
	if (!err)
		err = guest_files_add(called, as.s, path);
	if (!err && bytes)
		*bytes = stat(f.path, &st) ? 0 : (uint64_t)st.st_size;
	guest_file_release(&f);
	strbuf_release(&as);
	return err;
}

void guest_files_call(const struct guest_files *called, struct strbuf *text)
{
	for (size_t i = 0; i + 1 < called->n; i += 2)
		strbuf_replace(text, called->v[i], called->v[i + 1]);
}

void guest_files_call_record(const struct guest_files *called, struct json_object *o)
{
	struct strbuf text = STRBUF_INIT;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach (o, name, value) {
			(void)name;
			guest_files_call_record(called, value);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			guest_files_call_record(called, json_object_array_get_idx(o, i));
	} else if (json_object_is_type(o, json_type_string) &&
		   strchr(json_object_get_string(o), '/')) {
		strbuf_addstr(&text, json_object_get_string(o));
		guest_files_call(called, &text);
		if (strcmp(text.s, json_object_get_string(o)) != 0)
			json_object_set_string(o, text.s);
	}
	strbuf_release(&text);
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
