/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Harmless calls of the table, made by this process as fast as may be: what their arguments stand
 * for is found out once, and only what one call hands to the next is put in each time. One call is
 * ready at a time; the resources of all are made at the first and stay until timed_call_release().
 */
#ifndef HARNESS_TIMED_CALL_H
#define HARNESS_TIMED_CALL_H

#include "lib/base.h"

/*
 * Makes @event (of timed_events, one that has a row) the call that timed_call_make() makes; cheap
 * where it is already. Returns 0 or -errno; says nothing, for it runs in children: a call that is
 * not ready is wrong every time.
 */
int timed_call_prepare(int event);
/* Makes it once, with what is before and after it. True when its result was another than the
 * table's. */
bool timed_call_make(void);
/* At the end of the process, or of its calls: leaves nothing behind. */
void timed_call_release(void);

#endif
