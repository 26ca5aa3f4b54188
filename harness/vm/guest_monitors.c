/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes monitors along into a guest. */
#include "lib/base.h"
#include "harness/vm/guest_monitors.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/leftover.h"
#include "lib/log.h"
#include "collector/honey_source.h"
#include "collector/manifest.h"
#include "collector/registry.h"
#include "lib/strbuf.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char no_bpftrace[] = "the guest has no bpftrace";

/* One that cannot be read is told of when it is packed. */
static const char *refuse_manifest(const char *path)
{
	struct manifest man = {0};
	struct strbuf ignored = STRBUF_INIT;
	const char *reason = NULL;

	manifest_defaults(&man, &vocabulary_memory);
	if (!manifest_read(&man, path, &ignored)) {
		if (man.script)
			reason = no_bpftrace;
		else if (man.run)
			reason = "the guest has no programs of this machine";
	}
	manifest_release(&man);
	strbuf_release(&ignored);
	return reason;
}

const char *guest_monitors_refuse(const char *name)
{
	struct strbuf ignored = STRBUF_INIT;
	const char *reason = NULL;
	char *path = NULL;

	if (str_ends_with(name, ".bt"))
		return no_bpftrace;
	if (!registry_find(name, &path, &ignored) && str_ends_with(path, ".json"))
		reason = refuse_manifest(path);
	strbuf_release(&ignored);
	free(path);
	return reason;
}

/* As /monitors/NUMBER/NAME: the name of @path and @ending; @content is the file that it gets, and
 * @called what it is called of here. */
static int add_file(struct guest_monitors *m, struct guest_files *f, const char *path,
		    const char *ending, const char *content, const char *called)
{
	struct strbuf as = STRBUF_INIT;
	int err;

	strbuf_addf(&as, "/monitors/%zu/%s%s", m->n, base_of(path), ending);
	err = guest_files_add(f, as.s, content);
	if (!err)
		err = guest_files_add(&m->called, as.s, called);
	strbuf_release(&as);
	return err;
}

static int keep(struct guest_monitors *m, char *made)
{
	if (m->nmade < GUEST_MAX_MADE) {
		m->made[m->nmade++] = made;
		return 0;
	}
	unlink(made);
	free(made);
	log_err("more than %d monitors that must be made for a guest", GUEST_MAX_MADE);
	return -E2BIG;
}

/* The object for @p of @path, which may be a source; as @ending after its name. */
static int add_file_for(struct guest_monitors *m, struct guest_files *f, const struct processor *p,
			const char *path, const char *ending)
{
	struct guest_file object;
	int err = guest_file_object(p, path, &object, NULL);

	if (!err)
		err = add_file(m, f, path, ending, object.path, path);
	if (!err && object.made) {
		err = keep(m, object.path);
		object = (struct guest_file){0};
	}
	guest_file_release(&object);
	return err;
}

/* What the manifest's definition is when it is no path any more: the guest has no such file. */
static int put_means(struct json_object *doc, const char *means)
{
	struct strbuf text = STRBUF_INIT;
	int err = 0;

	if (means && manifest_means_is_path(means)) {
		err = strbuf_read_file(&text, means);
		if (err)
			log_err_sys(err, "cannot read the definition %s", means);
		else
			json_object_object_add(doc, "means", json_object_new_string(text.s));
	}
	strbuf_release(&text);
	return err;
}

/* A copy of manifest @path, which is @man, whose object lies beside it in the guest (NULL: it says
 * none) and that holds its definition itself. */
static int copy_manifest(struct guest_monitors *m, const char *path, const struct manifest *man,
			 const char *object, char **copy)
{
	struct json_object *doc = json_object_from_file(path);
	struct strbuf name = STRBUF_INIT;
	int fd, err = put_means(doc, man->means);

	leftover_template(&name, ".json");
	if (object)
		json_object_object_add(doc, "object", json_object_new_string(base_of(object)));
	fd = err ? -1 : mkstemps(name.s, (int)strlen(".json"));
	if (!err && (fd < 0 || json_object_to_fd(fd, doc, JSON_C_TO_STRING_PLAIN))) {
		err = fd < 0 ? -errno : -EIO;
		log_err_sys(err, "cannot write %s; set TMPDIR to a folder that can be written",
			    name.s);
	}
	if (fd >= 0) {
		*copy = strbuf_detach(&name);
		close(fd);
		err = err ? err : keep(m, *copy);
	}
	strbuf_release(&name);
	json_object_put(doc);
	return err;
}

/* The manifest beside the object @as of the guest, which is @path here; where there is none, what
 * its figures mean, if a file beside it says so. */
static int add_beside(struct guest_monitors *m, struct guest_files *f, const char *path,
		      const char *manifest)
{
	static const char *const endings[] = {".bpf.o", ".o", ".ex"};
	struct manifest man = {0};
	struct strbuf means = STRBUF_INIT;
	char *copy = NULL;
	int err = 0;

	if (!access(manifest, R_OK)) {
		manifest_defaults(&man, &vocabulary_memory);
		err = manifest_read(&man, manifest, NULL);
		if (!err && man.means)
			err = copy_manifest(m, manifest, &man, NULL, &copy);
		if (!err)
			err = add_file(m, f, manifest, "", copy ? copy : manifest, manifest);
		manifest_release(&man);
		return err;
	}
	for (size_t i = 0; i < ARRAY_SIZE(endings) && !means.len; i++)
		if (str_ends_with(path, endings[i])) {
			strbuf_add(&means, path, strlen(path) - strlen(endings[i]));
			strbuf_addstr(&means, ".means.bt");
		}
	/* A source is an object there, whose name ends in .ex.bpf.o. */
	if (means.len && !access(means.s, R_OK))
		err = str_ends_with(path, ".ex")
			      ? add_file(m, f, path, ".means.bt", means.s, means.s)
			      : add_file(m, f, means.s, "", means.s, means.s);
	strbuf_release(&means);
	return err;
}

/* The object at @path and what lies beside it. */
static int add_object(struct guest_monitors *m, struct guest_files *f, const struct processor *p,
		      const char *path)
{
	bool source = str_ends_with(path, ".ex");
	char *manifest = registry_manifest_path(path);
	int err = add_file_for(m, f, p, path, source ? ".bpf.o" : "");

	if (!err)
		err = add_beside(m, f, path, manifest);
	strbuf_addf(&m->names, "/monitors/%zu/%s%s", m->n, base_of(path), source ? ".bpf.o" : "");
	free(manifest);
	return err;
}

/* The object that a manifest without "object" belongs to: X.bpf.o or X.o beside X.manifest.json. */
static char *object_beside(const char *manifest)
{
	static const char *const endings[] = {".bpf.o", ".o"};
	struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; str_ends_with(manifest, ".manifest.json") && i < ARRAY_SIZE(endings);
	     i++) {
		strbuf_reset(&path);
		strbuf_add(&path, manifest, strlen(manifest) - strlen(".manifest.json"));
		strbuf_addstr(&path, endings[i]);
		if (!access(path.s, R_OK))
			return strbuf_detach(&path);
	}
	strbuf_release(&path);
	return NULL;
}

static int add_manifest(struct guest_monitors *m, struct guest_files *f, const struct processor *p,
			const char *path)
{
	struct manifest man = {0};
	char *object = NULL, *copy = NULL;
	int err;

	manifest_defaults(&man, &vocabulary_memory);
	err = manifest_read(&man, path, NULL);
	if (!err)
		object = man.object ? strdup(man.object) : object_beside(path);
	if (!err && !object) {
		log_err("%s: says no \"object\", and there is none beside it", path);
		err = -EINVAL;
	}
	if (!err && access(object, R_OK)) {
		err = -errno;
		log_err_sys(err, "%s names %s", path, object);
	}
	if (!err)
		err = copy_manifest(m, path, &man, object, &copy);
	if (!err)
		err = add_file_for(m, f, p, object, "");
	if (!err)
		err = add_file(m, f, path, "", copy, path);
	strbuf_addf(&m->names, "/monitors/%zu/%s", m->n, base_of(path));
	manifest_release(&man);
	free(object);
	return err;
}

int guest_monitors_add(struct guest_monitors *m, struct guest_files *f, const struct processor *p,
		       const char *name)
{
	char *path = NULL, root[PATH_MAX];
	int err = 0;

	if (m->names.len)
		strbuf_addch(&m->names, ',');
	if (strcmp(name, "none") != 0)
		err = registry_find(name, &path, NULL);
	if (err)
		return err;
	if (!path || (!strchr(name, '/') && !registry_folder(root, sizeof(root)) &&
		      !strncmp(path, root, strlen(root))))
		strbuf_addstr(&m->names, name); /* ships: it is there by that name */
	else if (str_ends_with(path, ".json"))
		err = add_manifest(m, f, p, path);
	else
		err = add_object(m, f, p, path);
	m->n++;
	free(path);
	return err;
}

void guest_monitors_release(struct guest_monitors *m)
{
	for (size_t i = 0; i < m->nmade; i++) {
		unlink(m->made[i]);
		free(m->made[i]);
	}
	strbuf_release(&m->names);
	guest_files_release(&m->called);
	*m = (struct guest_monitors)GUEST_MONITORS_INIT;
}
