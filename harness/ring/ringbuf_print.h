/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `beebench ringbuf` shows a person. */
#ifndef HARNESS_RINGBUF_PRINT_H
#define HARNESS_RINGBUF_PRINT_H

#include <stdio.h>

#include <json-c/json.h>

#include "lib/base.h"

/* Prints the records of types ringbuf and losscurve among @records as two tables. */
void ringbuf_print(struct json_object *records, FILE *out);

#endif
