/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers, texts and times for machines: the same in every locale, without printf's price. */
#ifndef MONITOR_PUT_H
#define MONITOR_PUT_H

#include "lib/strbuf.h"
#include "monitor/frame.h"

void put_u64(struct strbuf *out, uint64_t v);
/* Whole numbers below 2^53 exactly, others with fifteen digits. Of what is no finite number nothing
 * is written: false. */
bool put_number(struct strbuf *out, double v);
/* As put_number(); null where that writes nothing. */
void put_json_number(struct strbuf *out, double v);
/* In quotes. @bytes of any kind: what is no UTF-8, and control characters, become '?'. */
void put_json_text(struct strbuf *out, const char *bytes);
/* As RFC 4180 wants it: in quotes where there is need. */
void put_csv_text(struct strbuf *out, const char *bytes);
/* "2026-11-21T13:05:00.123Z" of CLOCK_REALTIME; with @words "2026-11-21 13:05:00 UTC". */
void put_time(struct strbuf *out, uint64_t realtime_ns, bool words);

/* Whether the source offers @field, or what it is reckoned from. */
bool put_offers(const struct frame *f, enum field field);

#endif
