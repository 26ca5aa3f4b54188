/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Edit distance and the nearest known name. */
#include "lib/base.h"
#include "lib/suggest.h"

#include <string.h>

enum { LONGEST = 63 };

unsigned int suggest_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned int row[3][LONGEST + 1];

	if (la > LONGEST || lb > LONGEST)
		return strcmp(a, b) ? (unsigned int)MAX(la, lb) : 0;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int *cur = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		cur[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int d = up[j - 1] + (a[i - 1] != b[j - 1]);

			d = MIN(d, up[j] + 1);
			d = MIN(d, cur[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = MIN(d, up2[j - 2] + 1);
			cur[j] = d;
		}
	}
	return row[la % 3][lb];
}

const char *suggest_nearest(const char *word, const char *const names[], size_t n)
{
	unsigned int best = (unsigned int)MAX(strlen(word) / 3, (size_t)1) + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = suggest_distance(word, names[i]);

		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
