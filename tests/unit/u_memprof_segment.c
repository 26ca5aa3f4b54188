/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What memprof run reads of a segment: all of a whole one, and nothing of one that is damaged. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "memprof/run/segment.h"

/* A segment of two threads, one module and two stacks, in a memfd. */
struct made {
	int fd;
	size_t size;
	struct segment_header *h;
};

static struct segment_shard *shard_of(struct made *m, uint32_t n)
{
	return (struct segment_shard *)((char *)m->h + m->h->shards_at + n * m->h->shard_size);
}

static struct segment_row *row_of(struct made *m, uint32_t shard, uint32_t row)
{
	return (struct segment_row *)((char *)shard_of(m, shard) + m->h->rows_at) + row;
}

static struct segment_stack *stack_of(struct made *m, uint32_t n)
{
	return (struct segment_stack *)((char *)m->h + m->h->stacks_at) + n;
}

static struct segment_module *module_of(struct made *m, uint32_t n)
{
	return (struct segment_module *)((char *)m->h + m->h->modules_at) + n;
}

static struct made make(enum segment_mode mode)
{
	struct segment_header layout = {
		.magic = SEGMENT_MAGIC,
		.version = SEGMENT_VERSION,
		.header_size = sizeof(layout),
		.mode = mode,
		.rate = mode == SEGMENT_SAMPLED ? 1000 : 0,
		.modules_max = 4,
		.stacks_max = 8,
		.pcs_max = 8 * SEGMENT_PCS_PER_STACK,
		.shards_max = 3,
		.pid = 77,
		.state = SEGMENT_EXITED,
		.nmodules = 1,
		.nstacks = 2,
		.npcs = 3,
		.nshards = 2,
		.epoch = 1,
		.peak = 700,
		.peak_epoch = 5,
		.command_line_len = 4,
		.command_line = "a\0b",
		.comm = "sixteen letters!",
	};
	struct made m = {.fd = memfd_create("segment", MFD_ALLOW_SEALING)};

	segment_lay_out(&layout);
	assert_int_equal(ftruncate(m.fd, (off_t)layout.size), 0);
	m.size = layout.size;
	m.h = mmap(NULL, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
	assert_ptr_not_equal(m.h, MAP_FAILED);
	*m.h = layout;
	*module_of(&m, 0) = (struct segment_module){
		.start = 0x1000, .end = 0x9000, .bias = 0x1000, .from_epoch = 1, .path = "/bin/x"};
	*stack_of(&m, 1) = (struct segment_stack){.pcs_at = 0, .n = 2, .epoch = 1};
	*stack_of(&m, 2) =
		(struct segment_stack){.pcs_at = 2, .n = 1, .epoch = 1, .flags = SEGMENT_STACK_CUT};
	memcpy((char *)m.h + m.h->pcs_at, (uint64_t[]){0x2000, 0x3000, 0xa000}, 24);
	for (uint32_t i = 0; i < 3; i++)
		*shard_of(&m, i) = (struct segment_shard){.owners = 1, .tid = 77 + i};
	shard_of(&m, 0)->live = 1000;
	shard_of(&m, 1)->live = -400;
	shard_of(&m, 2)->live = 5;
	/* One thread allocates what another frees. */
	*row_of(&m, 0, 1) = (struct segment_row){
		.allocs = 10, .bytes = 1000, .peak_blocks = 8, .peak_bytes = 800, .peak_epoch = 5};
	*row_of(&m, 1, 1) = (struct segment_row){.frees = 4, .freed_bytes = 400, .peak_epoch = 3};
	*row_of(&m, 2, 2) = (struct segment_row){.allocs = 1, .bytes = 5, .temporary = 1};
	shard_of(&m, 0)->sizes[7] = (struct segment_bucket){10, 1000};
	m.h->losses[LOSS_UNTRACKED] = 3;
	return m;
}

static void seal(struct made *m)
{
	assert_int_equal(fcntl(m->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
}

static void unmake(struct made *m)
{
	munmap(m->h, m->size);
	close(m->fd);
}

static void reads_a_whole_one(void **state)
{
	struct made m = make(SEGMENT_EXACT);
	struct profile_process process = {.pid = 7, .ended = "exit 0"};
	struct profile *p = profile_new(PROFILE_EXACT, 0, "run");
	struct segment s;

	(void)state;
	seal(&m);
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	assert_int_equal(s.rows[1].allocs, 10);
	assert_int_equal(s.rows[1].frees, 4);
	/* 8 at the peak in one shard; -4 still in the other, which has not changed since. */
	assert_int_equal(s.rows[1].peak_blocks, 4);
	assert_int_equal(s.rows[1].peak_bytes, 400);
	assert_int_equal(s.nthreads, 3);
	segment_to_profile(&s, &process, p);
	assert_int_equal(p->total.allocs, 11);
	assert_int_equal(p->total.bytes, 1005);
	assert_int_equal(p->total.live_blocks, 7);
	assert_int_equal(p->total.live_bytes, 605);
	assert_int_equal(p->total.temporary, 1);
	assert_int_equal(p->nstacks, 2);
	assert_int_equal(p->stacks[1].flags, PROFILE_STACK_CUT);
	assert_int_equal(p->frames[p->stacks[0].frames[0]].offset, 0x1000);
	assert_int_equal(p->frames[p->stacks[1].frames[0]].module, PROFILE_NONE);
	assert_string_equal(p->processes[0].command_line, "a b");
	assert_string_equal(p->processes[0].comm, "sixteen letters!");
	assert_int_equal(p->sizes[7].allocs, 10);
	for (size_t i = 0; i < p->nlosses; i++)
		if (!strcmp(p->losses[i].name, "untracked"))
			assert_int_equal(p->losses[i].count, 3);
	profile_free(p);
	segment_release(&s);
	unmake(&m);
}

/* As much is live as ever was, which a process tells late: what is live is the peak. */
static void knows_a_process_at_its_peak(void **state)
{
	struct made m = make(SEGMENT_EXACT);
	struct segment s;

	(void)state;
	m.h->peak = 605;
	seal(&m);
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	assert_int_equal(s.rows[1].peak_blocks, 6);
	assert_int_equal(s.rows[1].peak_bytes, 600);
	segment_release(&s);
	m.h->peak = 606;
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	assert_int_equal(s.rows[1].peak_bytes, 400);
	segment_release(&s);
	unmake(&m);
}

/* The last free of a thread, of which its row was not told. */
static void reads_what_was_not_told(void **state)
{
	struct made m = make(SEGMENT_EXACT);
	struct segment s;

	(void)state;
	seal(&m);
	shard_of(&m, 1)->untold = 90 << SEGMENT_NUMBER_BITS | 1;
	shard_of(&m, 0)->untold = m.h->stacks_max;		 /* none */
	shard_of(&m, 2)->untold = 70 << SEGMENT_NUMBER_BITS | 3; /* no such stack */
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	assert_int_equal(s.rows[1].frees, 5);
	assert_int_equal(s.rows[1].freed_bytes, 490);
	/* It came after the peak. */
	assert_int_equal(s.rows[1].peak_blocks, 4);
	assert_int_equal(s.rows[1].peak_bytes, 400);
	assert_int_equal(s.rows[2].frees, 0);
	segment_release(&s);
	/* What is live is the peak. */
	m.h->peak = 605;
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	assert_int_equal(s.rows[1].peak_blocks, 5);
	assert_int_equal(s.rows[1].peak_bytes, 510);
	segment_release(&s);
	unmake(&m);
}

/* A module that was unloaded is no stack's of later, nor one loaded later of an earlier one's. */
static void keeps_epochs_apart(void **state)
{
	struct made m = make(SEGMENT_EXACT);
	struct profile_process process = {.pid = 7};
	struct profile *p = profile_new(PROFILE_EXACT, 0, "run");
	struct segment s;

	(void)state;
	*module_of(&m, 1) = *module_of(&m, 0);
	module_of(&m, 0)->to_epoch = 2;
	module_of(&m, 1)->from_epoch = 2;
	m.h->nmodules = 2;
	m.h->epoch = 2;
	stack_of(&m, 2)->epoch = 2;
	*stack_of(&m, 2) = (struct segment_stack){.pcs_at = 0, .n = 2, .epoch = 2};
	seal(&m);
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	segment_to_profile(&s, &process, p);
	assert_int_equal(p->frames[p->stacks[0].frames[0]].module, 0);
	assert_int_equal(p->frames[p->stacks[1].frames[0]].module, 1);
	profile_free(p);
	segment_release(&s);
	unmake(&m);
}

static void reads_a_sampled_one(void **state)
{
	struct made m = make(SEGMENT_SAMPLED);
	struct profile_process process = {.pid = 7};
	struct profile *p = profile_new(PROFILE_SAMPLED, 1000, "run");
	struct segment_spread *spread =
		(struct segment_spread *)((char *)shard_of(&m, 0) + m.h->spreads_at) + 1;
	struct segment s;

	(void)state;
	row_of(&m, 0, 1)->allocs = 3 * SEGMENT_BLOCK / 2;
	row_of(&m, 1, 1)->frees = 0;
	*spread = (struct segment_spread){
		.allocs_var = 9, .bytes_var = 90, .freed_allocs_var = 10, .freed_bytes_var = 30};
	seal(&m);
	assert_int_equal(segment_read(m.fd, &s, NULL), 0);
	segment_to_profile(&s, &process, p);
	assert_int_equal(p->stacks[0].values.allocs, 2);
	assert_true(p->stacks[0].values.bytes_var == 90);
	assert_true(p->stacks[0].values.live_bytes_var == 60);
	assert_true(p->stacks[0].values.live_blocks_var == 0);
	profile_free(p);
	segment_release(&s);
	unmake(&m);
}

static void refused(struct made *m, const char *word)
{
	struct strbuf why = STRBUF_INIT;
	struct segment s;

	assert_int_equal(segment_read_file(m->fd, &s, &why), -EPROTO);
	if (!strstr(why.s, word))
		fail_msg("'%s' is not in: %s", word, why.s);
	strbuf_release(&why);
	segment_release(&s);
	unmake(m);
}

#define REFUSED(word, ...)                                                                         \
	do {                                                                                       \
		struct made m = make(SEGMENT_EXACT);                                               \
		__VA_ARGS__;                                                                       \
		refused(&m, word);                                                                 \
	} while (0)

static void refuses_what_is_damaged(void **state)
{
	struct made unsealed = make(SEGMENT_EXACT);
	struct strbuf why = STRBUF_INIT;
	struct segment s;
	int fd;

	(void)state;
	/* Its size could change while it is read. */
	assert_int_equal(segment_read(unsealed.fd, &s, &why), -EPROTO);
	assert_non_null(strstr(why.s, "size can change"));
	strbuf_reset(&why);
	unmake(&unsealed);
	fd = memfd_create("none", 0);
	assert_int_equal(segment_read_file(fd, &s, &why), -EPROTO);
	close(fd);
	strbuf_release(&why);
	REFUSED("no segment", m.h->magic++);
	REFUSED("another version", m.h->version = 9);
	REFUSED("header size", m.h->header_size--);
	REFUSED("mode", m.h->mode = 3);
	REFUSED("rate", m.h->mode = SEGMENT_SAMPLED);
	REFUSED("modules at most", m.h->modules_max = 1 << 20);
	REFUSED("stacks at most", m.h->stacks_max = UINT32_MAX);
	REFUSED("shards at most", m.h->shards_max = SEGMENT_SHARDS + 1);
	REFUSED("limit", m.h->shards_max = 1);
	REFUSED("modules", m.h->nmodules = 5);
	REFUSED("stacks", m.h->nstacks = 8);
	REFUSED("return addresses", m.h->npcs = UINT32_MAX);
	REFUSED("shards", m.h->nshards = 4);
	REFUSED("command line", m.h->command_line_len = sizeof(m.h->command_line));
	REFUSED("room for return addresses", m.h->pcs_max++);
	REFUSED("layout", m.h->rows_at += 8);
	REFUSED("layout", m.h->stacks_max++; m.h->pcs_max += SEGMENT_PCS_PER_STACK; m.h->size += 8);
	REFUSED("module's end", module_of(&m, 0)->end = 0);
	REFUSED("build-id", module_of(&m, 0)->build_id_len = 33);
	REFUSED("path", memset(module_of(&m, 0)->path, 'x', sizeof(module_of(&m, 0)->path)));
	REFUSED("frames", stack_of(&m, 1)->n = SEGMENT_FRAMES_MAX + 1);
	REFUSED("return addresses of a stack", stack_of(&m, 2)->pcs_at = 3);
	REFUSED("return addresses of a stack", stack_of(&m, 2)->pcs_at = UINT32_MAX);
	REFUSED("file", assert_int_equal(ftruncate(m.fd, (off_t)m.h->size + 1), 0));
}

static void has_buckets_as_a_profile_has(void **state)
{
	(void)state;
	assert_int_equal(SEGMENT_BUCKETS, PROFILE_BUCKETS);
	for (unsigned int shift = 0; shift < 64; shift++)
		for (int more = -1; more <= 1; more++)
			assert_int_equal(segment_bucket((1ULL << shift) + (uint64_t)more),
					 profile_bucket((1ULL << shift) + (uint64_t)more));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_one),
		cmocka_unit_test(knows_a_process_at_its_peak),
		cmocka_unit_test(reads_what_was_not_told),
		cmocka_unit_test(keeps_epochs_apart),
		cmocka_unit_test(reads_a_sampled_one),
		cmocka_unit_test(refuses_what_is_damaged),
		cmocka_unit_test(has_buckets_as_a_profile_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
