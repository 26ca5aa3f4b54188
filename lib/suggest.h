/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* "did you mean": the nearest of several known names. */
#ifndef LIB_SUGGEST_H
#define LIB_SUGGEST_H

#include "lib/base.h"

/* Optimal string alignment distance (Damerau-Levenshtein without repeated edits), in edits. */
unsigned int suggest_distance(const char *a, const char *b);

/* The name nearest to @word among the @n names, or NULL when none is near enough (a third of its
 * length, at least 1). */
const char *suggest_nearest(const char *word, const char *const names[], size_t n);

#endif
