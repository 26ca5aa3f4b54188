/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's functions that a program may call (helpers.def). */
#ifndef HONEY_HELPERS_H
#define HONEY_HELPERS_H

#include <stdio.h>

#include "lib/base.h"

struct name;

enum {
	PROG_TRACE = 1,
	PROG_NET = 2,
	PROG_ANY = 3,
};

enum helper_id {
#define HELPER(name, result, args, progs, kernel, gpl, text) HELPER_##name,
#include "honey/helpers.def"
#undef HELPER
	HELPER_COUNT
};

struct helper {
	enum helper_id id;
	const char *name;
	char result;
	const char *args;
	unsigned int progs;
	unsigned int kernel; /* oldest, major * 100 + minor */
	bool gpl;
	const char *text;
};

/* A function of Honey.Ethhdr, which the C has a text for. */
struct net {
	const char *name;
	uint8_t args, bits; /* of the result; 0: the packet itself */
	const char *text, *c;
};

const struct net *net_find(const char *name);
const struct helper *helper_find(const struct name *name);
const struct helper *helper_next(const struct helper *p); /* NULL: the first; NULL after the last */
const char *helper_suggest(const char *word);
uint32_t printk_places(const char *text); /* values it has a place for: %d and the like */
void helpers_print(FILE *out);		  /* the table of docs/honey.md */

#endif
