/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tables a person sees after `beebench overhead`. */
#ifndef HARNESS_OVERHEAD_PRINT_H
#define HARNESS_OVERHEAD_PRINT_H

#include <stdio.h>

#include <json-c/json.h>

/* Prints what @records (a JSON array) holds of overhead, slowdown and collector; others are passed
 * over. */
void overhead_print(struct json_object *records, FILE *out);

#endif
