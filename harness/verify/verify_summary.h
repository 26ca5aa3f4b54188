/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `beebench verify` prints: one JSON object, or tables for a person. */
#ifndef HARNESS_VERIFY_SUMMARY_H
#define HARNESS_VERIFY_SUMMARY_H

#include <stdio.h>

#include <json-c/json.h>

#include "lib/base.h"

/*
 * {"schema","command","status","trials":[records],"mismatches":[all, with "monitor" and
 * "workload"]} of the trials in @records (an array; others are passed over). The caller owns it.
 */
struct json_object *verify_summary(struct json_object *records);

/* Table monitor x workload, then mismatches, then accuracy findings. */
void verify_print(struct json_object *records, FILE *out);

#endif
