/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which monitors there are, and which file a name means. */
#ifndef COLLECTOR_REGISTRY_H
#define COLLECTOR_REGISTRY_H

#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * The folder of the BPF objects: $BEEBENCH_BPF_DIR, or bpf/ where the program's files are
 * (lib/data.h). Returns 0 or -errno; prints nothing.
 */
int registry_folder(char *path, size_t size);

/*
 * The file that @name means: a path when it holds a '/' or ends as a monitor's file does and is
 * there, else a file FOLDER/NAME.bpf.o (or FOLDER/NAME, for scripts) under registry_folder().
 * With rights that are not the caller's
 * (lib/rights.h) only the second. Returns 0 with a path to free(), or -EINVAL (no such monitor: the
 * nearest name was told) or -EPERM, -ENOENT (no such file), after saying so or, with @why, in it.
 */
int registry_find(const char *name, char **path, struct strbuf *why);

/* How a monitor's file is called to people: "memmon" for .../memmon.bpf.o, "memmon.bt", "x" for
 * x.json and x.manifest.json. free() it. */
char *registry_display_name(const char *path);

/* Where the manifest of an object or script would be: X.manifest.json for X.bpf.o and X.o,
 * X.bt.manifest.json for X.bt; a manifest is its own. free() it. */
char *registry_manifest_path(const char *path);

/* By its name, is the file a monitor's? Returns 0, or -EINVAL after saying what is one. */
int registry_check_kind(const char *path, struct strbuf *why);

#endif
