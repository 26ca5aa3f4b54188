/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the guest's program and the host say to each other. Host to guest: the file VM_PLAN in the
 * initial RAM file system, words ended by NUL; the first one is the mode. Guest to host: bytes
 * on a way of the processor's (harness/vm/guest/guest_channel.c: on x86-64 the I/O port VM_PORT of
 * QEMU's debug console); lines "@K text\n" where K
 * is a kind below. The kernel's own messages go another way (a console) and are kept for
 * error messages.
 *
 *   mode   words after it                     what comes back
 *   exact  "calls=N", perhaps "only=openat,read-ok" (no other calls) or "also=.." (these too), then
 *          paths of objects                   VM_RECORD lines, see harness/vm/guest/guest_exact.c
 *   load   paths of objects                   a VM_RECORD line for each
 *   run    a command and its arguments        VM_STDOUT and VM_STDERR lines
 */
#ifndef VM_PROTOCOL_H
#define VM_PROTOCOL_H

#include "lib/base.h"

#define VM_PLAN	      "/plan"
/* Types for a kernel without BTF (collector/events_btf.h), where they are to be had. */
#define VM_EVENTS_BTF "/events.btf"
#define VM_PORT	      0xe9

/*
 * Of @calls counts the value taken most often was taken @taken times, the next one @next times:
 * does it stand out? At least a third of the calls have it, and it leads by more than four standard
 * errors of that lead: were the calls drawn at random, the lead's variance is at most @taken +
 * @next.
 */
static inline bool vm_stands_out(uint64_t taken, uint64_t next, uint64_t calls)
{
	uint64_t lead = taken - next;

	return taken * 3 >= calls && lead * lead > 16 * (taken + next);
}

enum vm_kind {
	VM_RECORD = 'R',      /* one JSON object */
	VM_STDOUT = 'O',      /* a line that the command wrote */
	VM_STDOUT_PART = 'o', /* as above, but the command wrote no newline after it */
	VM_STDERR = 'E',
	VM_STDERR_PART = 'e',
	VM_ERROR = 'F',	  /* the guest's program failed: why. VM_EXIT follows */
	VM_RELEASE = 'K', /* the kernel's release */
	VM_NOTE = 'N',	  /* for the reader of --verbose */
	VM_STEP = 'S',	  /* a step begins: what, in a word or two */
	VM_EXIT = 'X',	  /* the exit code, in decimal; nothing follows */
};

#endif
