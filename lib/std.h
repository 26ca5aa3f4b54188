/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The three descriptors that every program is given, first thing and last thing in main(). */
#ifndef LIB_STD_H
#define LIB_STD_H

#include "lib/base.h"

/*
 * Puts /dev/null where 0, 1 or 2 is closed: the next file that is opened would stand there
 * otherwise, and what is said to stderr would be written into it.
 */
void std_open(void);
/*
 * Ends stdout and returns the exit code: @code, or EXIT_USAGE after saying so when something that
 * was printed has been lost (a full disk). A reader that has gone is no loss.
 */
int std_close(int code);

#endif
