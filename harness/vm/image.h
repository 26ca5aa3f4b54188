/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel's image as a file: for which processor is it, is all of it there, and is it packed? */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "harness/vm/processor.h"

/*
 * @p is given the processor; NULL: it is no image of one that a guest can have, which is for the
 * caller to say. @unpacked is given a descriptor of memory that holds the image where the file is
 * packed (gzip, or a zboot program of UEFI), which the caller closes and programs that are started
 * inherit; else -1. Returns 0, or -errno after saying why (lib/why.h): -EINVAL where the image is
 * cut short or damaged, in which case a guest would hang; -ENOTSUP where the tool that unpacks it
 * is missing here; -EINTR.
 */
int image_look(const char *path, const struct processor **p, int *unpacked, struct strbuf *why);

#endif
