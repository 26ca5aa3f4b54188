/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures out of the maps of a BPF object: which map and which fields, by manifest and BTF, and
 * what they hold. */
#ifndef COLLECTOR_FIGURE_MAP_H
#define COLLECTOR_FIGURE_MAP_H

#include "collector/figures.h"
#include "collector/manifest.h"

struct bpf_object;

/* Both as the functions of collector/figures.h, for the open object at @path. */
int figure_map_fit(const struct bpf_object *obj, const struct manifest *man, const char *path,
		   const struct figure_wish *wishes, size_t n, struct strbuf *why);
int figure_map_read(const struct bpf_object *obj, const struct manifest *man, const char *path,
		    const struct figure_wish *wishes, size_t n, struct figures *out);
/* Where the fields of an object's records are, as its manifest names them. */
struct figure_record {
	struct figure_part *part;
	struct figure_record_field *field;
	size_t n;
};

/* 0, also where the manifest names none, or -EINVAL after saying which is not there. Release in any
 * case. */
int figure_record_find(const struct bpf_object *obj, const struct manifest *man, const char *path,
		       struct figure_record *out, struct strbuf *why);
void figure_record_release(struct figure_record *r);
/* A record as texts. */
void figure_record_read(const struct figure_record *r, const void *record, size_t bytes,
			struct figures *out);

/* It has no map of the name that the wish or the manifest says. */
bool figure_map_lacks(const struct bpf_object *obj, const struct manifest *man,
		      const struct figure_wish *wish);
/* One of the wishes' maps, by the names that the manifest gives them. */
bool figure_map_uses(const struct manifest *man, const char *map);

#endif
