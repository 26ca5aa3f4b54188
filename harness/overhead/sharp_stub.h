/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The switch of the sharp time lane: stubs that stay attached and tail-call through one-slot
 * PROG_ARRAYs. Re-pointing one takes microseconds, where detaching sleeps 40 to 70 ms.
 */
#ifndef HARNESS_SHARP_STUB_H
#define HARNESS_SHARP_STUB_H

#include "lib/base.h"

struct monitor;
struct stub;

enum stub_event { STUB_MMAP, STUB_MUNMAP, STUB_BRK, STUB_EVENTS };

/* "mmap", and the section of the programs that can stand behind it. */
extern const char *const stub_event_names[STUB_EVENTS];
extern const char *const stub_sections[STUB_EVENTS];

/* Loads the stubs and attaches those of the events in @events (bits). Returns 0, or -errno after
 * saying why. */
int stub_open(struct stub **out, uint32_t events);
/* The array a program's descriptor is written to, at index 0. */
int stub_map_fd(const struct stub *s, enum stub_event event);
/*
 * The program of @m on the tracepoint of @event. Returns a descriptor that @m owns, or -ENOENT
 * after saying that there is none, or -EINVAL that it is of another type and cannot be jumped to.
 */
int stub_program_fd(const struct monitor *m, enum stub_event event);
/* Makes @program_fd the target. Returns 0 or -errno, silently: it is called in the timed child. */
int stub_point(int map_fd, int program_fd);
/* True when the kernel counts runs: somebody switched the statistics on (by sysctl or descriptor).
 */
bool stub_is_counted(const struct stub *s, enum stub_event event);
/* Detaches, unloads. Accepts NULL. */
void stub_close(struct stub *s);

/* A program of a random size, loaded and not used, so that what is loaded next lies elsewhere.
 * Returns its descriptor, or -1 (then the next lies where it lies). */
int stub_spacer(unsigned int instructions);

#endif
