/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: every frame, whole, in a file. "BEEMON1\n", then blocks: u32 magic, u32 kind, u32
 * bytes packed, u32 bytes unpacked, u32 CRC-32 of the packed bytes (zlib's), packed bytes (zlib's
 * deflate). Little endian. The payload's layout is described by the first block (names of fields),
 * so that an older reader can say what it does not know.
 * sink/record.h writes them, source/replay.h reads them; docs/monitor-formats.md is for people.
 */
#ifndef MONITOR_RECORDING_FORMAT_H
#define MONITOR_RECORDING_FORMAT_H

#include "lib/strbuf.h"
#include "monitor/frame.h"
#include "lib/pack.h"
#include "monitor/recording/scalar.h"

#define RECORD_START "BEEMON1\n"

enum {
	RECORD_START_BYTES = 8,
	RECORD_HEAD_BYTES = 20,
	RECORD_MAGIC = 0x42454542, /* "BEEB" */
	/* More than 4 Mi processes (Linux's limit) need is not believed. */
	RECORD_PACKED_MAX = 256 << 20,
	RECORD_UNPACKED_MAX = 1 << 30,
	/* deflate's best is 1032 to 1. */
	RECORD_RATIO_MAX = 1040,
	RECORD_FIELDS_MAX = 64,
	RECORD_SCALARS_MAX = 256,
	RECORD_ROWS_MAX = 4 << 20,
	RECORD_INTERVAL_MAX_S = 1 << 30, /* longer ones are no times to wait */
};

enum record_kind { RECORD_DESCRIPTION = 1, RECORD_FRAME = 2 };

enum row_change {
	ROW_IDENTITY = 1 << 0, /* parent, user, start and name follow */
	ROW_SIZES = 1 << 1,    /* it has a histogram; its changes follow */
};

extern const char *const record_tool_names[]; /* by enum tool */

/* Every scalar of a frame in the order of a recording: @i from 0; NULL after the last. */
const struct scalar *record_scalar(size_t i);

/* A frame's rows with their histograms: what the next frame is told against. */
struct record_base {
	struct proc_row *rows;
	size_t n, cap;
	double (*v)[FIELD_COUNT]; /* their figures */
	size_t v_cap;
	uint32_t (*sizes)[SIZE_BUCKETS];
	size_t nsizes, sizes_cap;
};

/* Room for @n rows, @nsizes of them with histograms; what was there is forgotten. 0 or -ENOMEM. */
int record_base_room(struct record_base *b, size_t n, size_t nsizes);
void record_base_release(struct record_base *b);

/* Whether a number is written as its difference from the one before. */
bool record_is_integer(double v);

/* recorder's part: appends a frame told against @base, which becomes this frame. 0 or -ENOMEM. */
int record_pack_frame(struct strbuf *out, const struct frame *f, struct record_base *base);

/* replayer's part: what the first block says. */
struct record_description {
	char version[32];			   /* of the program that wrote it */
	struct scalar scalars[RECORD_SCALARS_MAX]; /* offset SIZE_MAX: not known here */
	size_t nscalars;
	int fields[RECORD_FIELDS_MAX]; /* enum field; -1: not known here */
	size_t nfields;
	struct strbuf unknown; /* names that are not known here, with commas */
};

struct record_unpacked {
	struct frame frame;
	struct record_base base[2]; /* in turns: the frame's rows and those before */
	unsigned int turn;
	struct frame_event *events; /* FRAME_EVENTS_MAX of them */
	char monitor[64];
};

/* NULL, or what is wrong at *@u, in words. */
const char *record_unpack_frame(struct unpack *u, const struct record_description *d,
				struct record_unpacked *r);

#endif
