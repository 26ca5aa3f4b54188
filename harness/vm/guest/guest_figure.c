/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host's rule, for a path that asks whether it may end. */
#include "lib/base.h"
#include "harness/vm/guest/guest_figure.h"
#include "harness/vm/protocol.h"

enum { DIFFERENT = 64 };

struct mode {
	uint64_t value, taken, next; /* how often, and the next one how often */
};

/* Where there are more different values than can be told apart no figure stands. */
static struct mode mode_of(const uint64_t *v, size_t n)
{
	static struct {
		uint64_t value, taken;
	} seen[DIFFERENT];
	struct mode mode = {0};
	size_t different = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < different && seen[at].value != v[i])
			at++;
		if (at == DIFFERENT)
			return (struct mode){0};
		if (at == different) {
			seen[different].value = v[i];
			seen[different++].taken = 0;
		}
		seen[at].taken++;
	}
	for (size_t i = 0; i < different; i++) {
		if (seen[i].taken > mode.taken)
			mode = (struct mode){seen[i].value, seen[i].taken, mode.taken};
		else
			mode.next = MAX(mode.next, seen[i].taken);
	}
	return mode;
}

bool guest_figure_stands(const uint64_t *v, size_t n)
{
	struct mode all = mode_of(v, n);

	return vm_stands_out(all.taken, all.next, n) && mode_of(v, n / 2).value == all.value &&
	       mode_of(v + n / 2, n - n / 2).value == all.value;
}
