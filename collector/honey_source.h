/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A Honey source wherever an object is taken: honeyc compiles it on the way in. */
#ifndef COLLECTOR_HONEY_SOURCE_H
#define COLLECTOR_HONEY_SOURCE_H

#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * Compiles @source for @processor ("s390x"; NULL: this machine's) with the honeyc beside the
 * running program into an object of its own in $TMPDIR; its errors are told, its warnings are not:
 * they are for whoever runs honeyc. Returns 0 and the object's path in *@object (the caller unlinks
 * and frees it), or after saying why (lib/why.h): -EINVAL the source has errors, -ENOTSUP there is
 * no honeyc or no clang, another -errno.
 */
int honey_source_compile(const char *source, const char *processor, char **object,
			 struct strbuf *why);

#endif
