/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens the harness's own BPF objects. */
#include "lib/base.h"
#include "harness/probe.h"

#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "lib/log.h"
#include "lib/why.h"
#include "collector/registry.h"
#include "collector/stand_in.h"

int probe_open(struct bpf_object **out, const char *name, struct strbuf *why)
{
	char folder[4096], path[4200];
	int err = registry_folder(folder, sizeof(folder));

	*out = NULL;
	if (err) {
		why_err_sys(why, err, "cannot find the folder of the BPF objects");
		return err;
	}
	snprintf(path, sizeof(path), "%s/probes/%s.bpf.o", folder, name);
	if (!access(path, R_OK)) /* else libbpf would say it too */
		*out = bpf_object__open_file(path, NULL);
	if (*out) {
		stand_in_choose(*out);
		return 0;
	}
	err = -errno;
	why_err_sys(why, err, "cannot open %s; 'make' builds it", path);
	return err;
}

int probe_configure(struct bpf_object *object, const void *value, size_t size)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(object, ".rodata");
	int err = rodata ? bpf_map__set_initial_value(rodata, value, size) : -ENOENT;

	if (err)
		log_err_sys(err, "%s.bpf.o has other read-only data than this beebench: run 'make'",
			    bpf_object__name(object));
	return err;
}
