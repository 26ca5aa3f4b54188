/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `beebench verify --json` prints. */
#ifndef HARNESS_VERIFY_SUMMARY_H
#define HARNESS_VERIFY_SUMMARY_H

#include <json-c/json.h>

#include "lib/base.h"

/*
 * {"schema","command","status","trials":[records],"mismatches":[all, with "monitor" and
 * "workload"]} of the trials in @records (an array; others are passed over). The caller owns it.
 */
struct json_object *verify_summary(struct json_object *records);

#endif
