/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel's image as a file: for which processor is it, and is all of it there? */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "harness/vm/processor.h"

/*
 * @p is given the processor; NULL: it is no image of one that a guest can have, which is for the
 * caller to say. Returns 0, or -errno after saying why (lib/why.h): -EINVAL where the image is cut
 * short or, packed by gzip, damaged, in which case a guest would hang.
 */
int image_look(const char *path, const struct processor **p, struct strbuf *why);

#endif
