/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which objects a run is about, by their bytes: a name is not an object. Of a monitor of the
 * project or one that ships it is the file that is loaded; of a source (.ex, .bt) the source, and
 * of a manifest the object that it names, or itself.
 */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdlib.h>
#include <string.h>

#include "collector/manifest.h"
#include "collector/registry.h"
#include "collector/vocabulary.h"
#include "harness/command/cli.h"
#include "harness/measure.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/suite/suite.h"
#include "harness/vm/guest_files.h"
#include "harness/vm/kernel.h"
#include "lib/names.h"

/* The file behind a manifest; NULL: the manifest says of none. */
static char *named_by(const char *path)
{
	struct strbuf why = STRBUF_INIT;
	struct manifest man = {0};
	char *object = NULL;

	if (!str_ends_with(path, ".json"))
		return NULL;
	manifest_defaults(&man, &vocabulary_memory);
	if (!manifest_read(&man, path, &why) && man.object)
		object = strdup(man.object);
	manifest_release(&man);
	strbuf_release(&why);
	return object;
}

/* @processor NULL: this machine's. */
static void put_object(struct json_object *list, const char *name, const char *path,
		       const struct processor *processor)
{
	struct json_object *o = json_object_new_object();
	struct strbuf hash = STRBUF_INIT, why = STRBUF_INIT;
	struct guest_file file = {0};
	char *named = named_by(path);

	path = named ? named : path;
	if (processor && !str_ends_with(path, ".ex") &&
	    !guest_file_object(processor, path, &file, &why))
		path = file.path;
	record_put_str(o, "monitor", name);
	if (processor)
		record_put_str(o, "processor", processor->name);
	record_put_str(o, "sha256", vm_file_sha256(path, &hash) ? NULL : hash.s);
	json_object_array_add(list, o);
	guest_file_release(&file);
	strbuf_release(&hash);
	strbuf_release(&why);
	free(named);
}

/* The object for this machine, unless every kernel is for another; and those for the others. */
static void put_monitor(struct json_object *list, const char *monitor, const char *const *kernels)
{
	const struct processor *seen[8];
	struct strbuf why = STRBUF_INIT;
	char *path = NULL, *name = registry_display_name(monitor);
	size_t n = 0;
	bool own = !kernels || !*kernels;

	if (strcmp(monitor, "none") != 0)
		registry_find(monitor, &path, &why);
	for (; path && kernels && *kernels; kernels++) {
		const char *slash =
			**kernels == '/' || **kernels == '.' ? NULL : strchr(*kernels, '/');
		const struct processor_kernel *k = slash ? processor_kernel_named(slash + 1) : NULL;
		const struct processor *p = k ? k->processor : processor_own();
		size_t i = 0;

		own |= p == processor_own();
		while (i < n && seen[i] != p)
			i++;
		if (i == n && n < ARRAY_SIZE(seen) && p != processor_own()) {
			seen[n++] = p;
			put_object(list, name, path, p);
		}
	}
	if (path && own)
		put_object(list, name, path, NULL);
	strbuf_release(&why);
	free(path);
	free(name);
}

static void put_means(struct json_object *header, const char *means)
{
	struct strbuf hash = STRBUF_INIT;

	if (means && manifest_means_is_path(means) && !vm_file_sha256(means, &hash))
		record_put_str(header, "means_sha256", hash.s);
	strbuf_release(&hash);
}

void command_put_objects(struct json_object *header, const struct run *run)
{
	struct json_object *list = json_object_new_array();

	for (const char *const *m = run_monitors(run); *m; m++)
		put_monitor(list, *m, run->kernels);
	record_put(header, "objects", list);
	put_means(header, run->means);
}

/* Each suite has kernels of its own. */
void command_put_suite_objects(struct json_object *header, const struct cli *cli,
			       const struct suite_file *f, const char *measure,
			       const struct run *run)
{
	struct json_object *list = json_object_new_array(), *all = json_object_new_array(), *o;
	struct names seen = {0};

	for (size_t i = 0; i < f->n; i++) {
		const struct suite *s = &f->suites[i];
		struct suite_run made;

		if (suite_is_chosen(s, cli->suite_names, measure) &&
		    !suite_run_make(&made, f, s, run)) {
			for (const char *const *m = made.run.monitors; *m; m++)
				put_monitor(all, *m, made.run.kernels);
			put_means(header, made.run.means);
			suite_run_release(&made);
		}
	}
	record_foreach (all, o) {
		size_t n = seen.n;

		if (names_add(&seen, json_object_to_json_string(o)) == n)
			json_object_array_add(list, json_object_get(o));
	}
	names_release(&seen);
	json_object_put(all);
	record_put(header, "objects", list);
}
