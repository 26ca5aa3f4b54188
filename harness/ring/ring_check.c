/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The slow part of the ring's checker: what is wrong, in words, and whether the books close. */
#include "lib/base.h"
#include "harness/ring/ring_check.h"
#include "lib/strbuf.h"

void ring_check_init(struct ring_check *k, uint32_t record_bytes, uint32_t producers)
{
	*k = (struct ring_check){.record_bytes = record_bytes, .producers = producers};
}

void ring_check_blame(struct ring_check *k, const void *record, uint32_t length,
		      enum ring_wrong wrong)
{
	if (!k->bad++) {
		k->first_wrong = wrong;
		k->first_length = length;
		k->first_word = length >= 8 ? *(const uint64_t *)record : 0;
	}
}

struct ring_books ring_check_books(const struct ring_check *k, uint32_t producer, uint64_t produced,
				   const struct ringload_producer *said)
{
	const struct ring_lane *lane = &k->lane[producer];
	uint64_t tail = produced > lane->next ? produced - lane->next : 0;

	return (struct ring_books){.produced = produced,
				   .attempts = said->attempts,
				   .dropped = said->dropped,
				   .consumed = lane->consumed,
				   .gaps = lane->gaps + tail};
}

bool ring_books_close(const struct ring_books *b)
{
	return b->attempts == b->produced && b->consumed + b->dropped == b->produced &&
	       b->gaps == b->dropped;
}

void ring_check_explain(const struct ring_check *k, struct strbuf *out)
{
	static const char *const words[] = {
		[RING_WRONG_LENGTH] = "its length is not that of the records written",
		[RING_WRONG_CHECK] = "the check of its first word is wrong",
		[RING_WRONG_PRODUCER] = "it names a producer that is none",
		[RING_WRONG_CONTENT] = "its content does not follow from its first word",
		[RING_WRONG_ORDER] = "its sequence number came before",
	};

	if (!k->bad)
		return;
	strbuf_addf(out,
		    "%llu bad records; the first (%u bytes, producer %u, sequence number %llu): %s",
		    (unsigned long long)k->bad, k->first_length,
		    (unsigned int)(k->first_word >> 56),
		    (unsigned long long)(k->first_word >> 16 & RINGLOAD_SEQ_MASK),
		    words[k->first_wrong]);
}

void ring_books_explain(const struct ring_books *b, uint32_t producer, struct strbuf *out)
{
	strbuf_addf(out,
		    "producer %u: asked for %llu records, the program counted %llu, of which %llu "
		    "dropped; %llu arrived, %llu sequence numbers are missing",
		    producer, (unsigned long long)b->produced, (unsigned long long)b->attempts,
		    (unsigned long long)b->dropped, (unsigned long long)b->consumed,
		    (unsigned long long)b->gaps);
}
