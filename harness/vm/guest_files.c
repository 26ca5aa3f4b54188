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

#include "lib/data.h"
#include "lib/log.h"
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
		if (!strstr(e->d_name, ".o") && !strstr(e->d_name, ".json"))
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

int guest_files_add_objects(struct guest_files *f)
{
	char root[PATH_MAX];
	struct dirent *d;
	int err = registry_folder(root, sizeof(root));
	DIR *top = err ? NULL : opendir(root);

	while (top && !err && (d = readdir(top)))
		if (d->d_name[0] != '.')
			err = add_folder(f, root, d->d_name);
	if (top)
		closedir(top);
	return err;
}

int guest_files_add_beebench(struct guest_files *f)
{
	char path[PATH_MAX];
	int err = data_path("static/beebench", path, sizeof(path));

	if (err)
		return err;
	if (access(path, R_OK)) {
		log_err("no %s for the guest; build it: make static", path);
		return -ENOTSUP;
	}
	return guest_files_add(f, "/bin/beebench", path);
}
