/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A profile that is made up: two processes' worth of everything a profile can hold. */
#ifndef TESTS_UNIT_MEMPROF_FIXTURE_H
#define TESTS_UNIT_MEMPROF_FIXTURE_H

#include "memprof/profile.h"

enum {
	FIXTURE_BIAS = 0x400000,
	FIXTURE_END = 0x480000,
	FIXTURE_MAIN = 0x401100,
	FIXTURE_BYTES = 6000 + 640 + 5 + 1024, /* of all stacks */
};

static inline struct profile *fixture_profile(void)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "run");
	uint32_t server, main_, work, load, free_;

	p->start_ns = 1764460800ULL * NSEC_PER_SEC;
	p->end_ns = p->start_ns + 90 * NSEC_PER_SEC;
	p->peak_known = p->temporary_known = p->frees_known = p->lifetimes_known = true;
	p->peak_slack = 65536;
	server = profile_add_process(p, &(struct profile_process){.pid = 4711,
								  .threads = 2,
								  .start_ns = p->start_ns,
								  .end_ns = p->end_ns,
								  .comm = "server",
								  .command_line = "./server -p 80",
								  .ended = "exit 0"});
	profile_add_module(p, &(struct profile_module){.process = server,
						       .start = FIXTURE_BIAS,
						       .end = FIXTURE_END,
						       .bias = FIXTURE_BIAS,
						       .build_id = {0xab, 0xcd, 0xef, 0x01},
						       .build_id_len = 4,
						       .path = "/none/server"});
	main_ = profile_frame_at(p, server, FIXTURE_MAIN, 0, NULL);
	work = profile_frame_at(p, server, 0x401200, 0, "work");
	load = profile_frame_at(p, server, 0x401300, 0, "load;odd \"name\"");
	free_ = profile_frame_at(p, PROFILE_NONE, 0xffffffff81000010, PROFILE_FRAME_KERNEL,
				 "do_msgsnd");
	profile_add_stack(p, &(struct profile_stack){.process = server,
						     .frames = (uint32_t[]){work, main_},
						     .nframes = 2,
						     .values = {.allocs = 100,
								.bytes = 6000,
								.frees = 90,
								.freed_bytes = 5400,
								.live_blocks = 10,
								.live_bytes = 600,
								.peak_blocks = 20,
								.peak_bytes = 1200,
								.temporary = 50}});
	profile_add_stack(p, &(struct profile_stack){.process = server,
						     .thread = 4712,
						     .frames = (uint32_t[]){load, work, main_},
						     .nframes = 3,
						     .values = {.allocs = 10,
								.bytes = 640,
								.live_blocks = 10,
								.live_bytes = 640,
								.peak_blocks = 10,
								.peak_bytes = 640}});
	profile_add_stack(
		p, &(struct profile_stack){
			   .process = server,
			   .flags = PROFILE_STACK_OTHER,
			   .values = {.allocs = 1, .bytes = 5, .frees = 1, .freed_bytes = 5}});
	profile_add_stack(
		p,
		&(struct profile_stack){
			.process = server,
			.flags = PROFILE_STACK_CUT,
			.frames = (uint32_t[]){free_, main_},
			.nframes = 2,
			.user_from = 1,
			.values = {.allocs = 8, .bytes = 1024, .frees = 8, .freed_bytes = 1024}});
	profile_add_thread(p, server, 4711, "server");
	profile_add_thread(p, server, 4712, "loader");
	profile_add_size(p, 60, 100);
	profile_add_size(p, 64, 10);
	profile_add_size(p, 5, 1);
	profile_add_size(p, 128, 8);
	p->lifetimes[profile_bucket(1000)] = 60;
	p->lifetimes[profile_bucket(50000000)] = 39;
	profile_add_loss(p, "unknown_frees", 3,
			 "frees of blocks that were allocated before the profile began");
	profile_add_loss(p, "stacks_full", 0, "allocations whose stack had no room in the table");
	for (uint64_t i = 0; i < 4; i++)
		profile_add_point(
			p, &(struct profile_point){.time_ns = p->start_ns + i * 30 * NSEC_PER_SEC,
						   .allocs = i * 40,
						   .bytes = i * 2500,
						   .live_blocks = i * 6,
						   .live_bytes = i * 400});
	return p;
}

#endif
