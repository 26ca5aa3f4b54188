/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memprof's programs on the kernel's allocators against calls that are known: each message of a
 * System V queue is one kmalloc of its length and a header of 48 bytes, made below load_msg().
 */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/memprof/kernel.h"
#include "bpf/memprof/lab.h"
#include "collector/object_error.h"
#include "memprof/kernel/reading.h"
#include "memprof/kernel/tracer.h"

enum { LENGTH = 80, HEADER = 48, BLOCK = LENGTH + HEADER };

/* A child that sends messages when it is told. */
struct sender {
	struct subproc child;
	int gate[2], answer[2];
	int queue;
};

static bool send_messages(int queue, uint64_t count, bool hold)
{
	struct {
		long type;
		char text[LENGTH];
	} m = {1, {0}};

	for (uint64_t i = 0; i < count; i++) {
		if (msgsnd(queue, &m, LENGTH, IPC_NOWAIT))
			return false;
		if (!hold && msgrcv(queue, &m, LENGTH, 0, IPC_NOWAIT) != LENGTH)
			return false;
	}
	return true;
}

static int serve(void *arg)
{
	struct sender *s = arg;
	struct {
		uint64_t count;
		bool hold;
	} order;

	close(s->gate[1]);
	close(s->answer[0]);
	while (read(s->gate[0], &order, sizeof(order)) == (ssize_t)sizeof(order)) {
		char good = send_messages(s->queue, order.count, order.hold) ? 'g' : 'b';

		if (write(s->answer[1], &good, 1) != 1)
			return 1;
	}
	return 1;
}

static void sender_start(struct sender *s)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;

	*s = (struct sender){.child = SUBPROC_INIT};
	s->queue = msgget(IPC_PRIVATE, 0600);
	assert_true(s->queue >= 0);
	assert_int_equal(pipe(s->gate), 0);
	assert_int_equal(pipe(s->answer), 0);
	opts.child = serve;
	opts.arg = s;
	assert_int_equal(subproc_start(&s->child, &opts), 0);
}

static void sender_send(struct sender *s, uint64_t count, bool hold)
{
	struct {
		uint64_t count;
		bool hold;
	} order = {count, hold};
	char good = 'b';

	assert_int_equal(write(s->gate[1], &order, sizeof(order)), (long)sizeof(order));
	assert_int_equal(read(s->answer[0], &good, 1), 1);
	assert_int_equal(good, 'g');
}

static void sender_end(struct sender *s)
{
	msgctl(s->queue, IPC_RMID, NULL);
	subproc_kill(&s->child, 1000);
	subproc_release(&s->child);
	for (int i = 0; i < 2; i++) {
		close(s->gate[i]);
		close(s->answer[i]);
	}
}

static struct kernel_tracer *open_tracer(const struct tracer_options *o)
{
	struct kernel_tracer *t = NULL;
	int err = tracer_open(&t, o, NULL);

	if (err == -EPERM || err == -ENOTSUP)
		skip();
	assert_int_equal(err, 0);
	return t;
}

static struct profile *read_profile(const struct kernel_tracer *t)
{
	struct profile *p = reading_profile(tracer_options(t), "kernel");

	assert_int_equal(reading_all(t, p), 0);
	return p;
}

/* How many frames @name is from the leaf; the number of frames: it is not there. */
static uint32_t depth_of(const struct profile *p, const struct profile_stack *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->nframes; i++) {
		const char *is = p->frames[s->frames[i]].name;

		if (is && !strcmp(is, name))
			break;
	}
	return i;
}

/* The message itself: not what the allocator takes for its own books meanwhile, which it does a few
 * times in a hundred below the same functions. */
static bool is_message(const struct profile *p, const struct profile_stack *s)
{
	return depth_of(p, s, "load_msg") <= 2 && depth_of(p, s, "load_msg") < s->nframes &&
	       depth_of(p, s, "do_msgsnd") < s->nframes;
}

/* What the messages of a process have together. */
static struct profile_values messages_of(const struct profile *p, uint32_t pid)
{
	struct profile_values sum = {0};

	for (size_t i = 0; i < p->nstacks; i++) {
		const struct profile_stack *s = &p->stacks[i];

		if (p->processes[s->process].pid != pid || !is_message(p, s))
			continue;
		sum.allocs += s->values.allocs;
		sum.bytes += s->values.bytes;
		sum.frees += s->values.frees;
		sum.freed_bytes += s->values.freed_bytes;
		sum.live_blocks += s->values.live_blocks;
		sum.live_bytes += s->values.live_bytes;
		sum.allocs_var += s->values.allocs_var;
		sum.bytes_var += s->values.bytes_var;
	}
	return sum;
}

static uint64_t loss_of(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->nlosses; i++)
		if (!strcmp(p->losses[i].name, name))
			return p->losses[i].count;
	fail_msg("no figure is called %s", name);
	return 0;
}

/* Every one, with its stack: 20,000 times kmalloc(128), freed by who allocated. */
static void every_message(void **state UNUSED)
{
	struct tracer_options o = {.kinds = TRACER_KMALLOC, .every = 1};
	struct profile_values v;
	struct kernel_tracer *t;
	struct profile *p;
	struct sender s;

	sender_start(&s);
	o.pid = s.child.pid;
	t = open_tracer(&o);
	sender_send(&s, 20000, false);
	tracer_stop(t);
	p = read_profile(t);
	v = messages_of(p, (uint32_t)s.child.pid);
	assert_int_equal(v.allocs, 20000);
	assert_int_equal(v.bytes, 20000 * BLOCK);
	assert_int_equal(v.frees, 20000);
	assert_int_equal(v.freed_bytes, 20000 * BLOCK);
	assert_int_equal(v.live_blocks, 0);
	assert_true(p->sizes[8].allocs >= 20000); /* 128 has eight bits */
	assert_int_equal(p->mode, PROFILE_EXACT);
	profile_free(p);
	tracer_close(t);
	sender_end(&s);
}

/* Held ones are live where they were allocated; another process frees them. */
static void held_messages(void **state UNUSED)
{
	struct tracer_options o = {.kinds = TRACER_KMALLOC, .every = 1};
	struct profile_values v;
	struct kernel_tracer *t;
	struct profile *p;
	struct sender s;

	sender_start(&s);
	o.pid = s.child.pid;
	t = open_tracer(&o);
	sender_send(&s, 100, true);
	p = read_profile(t);
	v = messages_of(p, (uint32_t)s.child.pid);
	assert_int_equal(v.live_blocks, 100);
	assert_int_equal(v.live_bytes, 100 * BLOCK);
	profile_free(p);
	assert_int_equal(msgctl(s.queue, IPC_RMID, NULL), 0);
	tracer_stop(t);
	p = read_profile(t);
	v = messages_of(p, (uint32_t)s.child.pid);
	assert_int_equal(v.allocs, 100);
	assert_int_equal(v.frees, 100);
	assert_int_equal(v.live_blocks, 0);
	assert_true(loss_of(p, "kfree_elsewhere") >= 100);
	profile_free(p);
	tracer_close(t);
	sender_end(&s);
}

/* Six standard deviations: once in a thousand million runs. */
static void near(uint64_t is, uint64_t truth, double variance)
{
	double off = fabs((double)is - (double)truth);

	if (off > 6 * sqrt(variance) + 1)
		fail_msg("%llu is too far from %llu (standard deviation %.0f)",
			 (unsigned long long)is, (unsigned long long)truth, sqrt(variance));
}

static void sampled(const struct tracer_options *how, double variance)
{
	struct tracer_options o = *how;
	struct profile_values v;
	struct kernel_tracer *t;
	struct profile *p;
	struct sender s;

	sender_start(&s);
	o.pid = s.child.pid;
	t = open_tracer(&o);
	sender_send(&s, 20000, false);
	tracer_stop(t);
	p = read_profile(t);
	v = messages_of(p, (uint32_t)s.child.pid);
	assert_int_equal(p->mode, PROFILE_SAMPLED);
	near(v.allocs, 20000, variance);
	near(v.bytes, 20000 * BLOCK, variance * BLOCK * BLOCK);
	near(v.frees, v.allocs, 1);
	assert_true(v.allocs_var > 0 && v.bytes_var > 0);
	assert_true(loss_of(p, "kmalloc_chosen") < loss_of(p, "kmalloc_events"));
	profile_free(p);
	tracer_close(t);
	sender_end(&s);
}

/* By bytes the variance of the sum of 1/p is n (1 - p) / p, with p = 1 - e^(-size/rate). */
static void sampled_by_bytes(void **state UNUSED)
{
	const double p = -expm1(-(double)BLOCK / 1024);

	sampled(&(struct tracer_options){.kinds = TRACER_KMALLOC, .rate = 1024},
		20000 * (1 - p) / p);
}

/* Each seventh, of all that the CPU allocates: messages make up nearly all of it. */
static void sampled_by_number(void **state UNUSED)
{
	sampled(&(struct tracer_options){.kinds = TRACER_KMALLOC, .every = 7}, 20000 * 7 / 6.0);
}

static void only_counted(void **state UNUSED)
{
	struct tracer_options o = {.kinds = TRACER_KMALLOC, .counts = true};
	struct kernel_tracer *t;
	struct profile *p;
	struct sender s;

	sender_start(&s);
	o.pid = s.child.pid;
	t = open_tracer(&o);
	sender_send(&s, 20000, false);
	tracer_stop(t);
	p = read_profile(t);
	assert_int_equal(p->mode, PROFILE_COUNTS);
	assert_in_range(p->total.allocs, 20000, 20000 + 200);
	assert_int_equal(p->total.allocs, loss_of(p, "kmalloc_events"));
	assert_in_range(loss_of(p, "kfree_events"), 20000, 20000 + 200);
	assert_false(p->frees_known);
	assert_int_equal(p->nstacks, 1);
	profile_free(p);
	tracer_close(t);
	sender_end(&s);
}

/* A table of live blocks that is too small: what it does not have is counted, sums stay whole. */
static void few_lives(void **state UNUSED)
{
	struct tracer_options o = {.kinds = TRACER_KMALLOC, .every = 1, .live_max = 16};
	struct profile_values v;
	struct kernel_tracer *t;
	struct profile *p;
	struct sender s;

	sender_start(&s);
	o.pid = s.child.pid;
	t = open_tracer(&o);
	sender_send(&s, 100, true);
	tracer_stop(t);
	p = read_profile(t);
	v = messages_of(p, (uint32_t)s.child.pid);
	assert_int_equal(v.allocs, 100);
	assert_in_range(v.live_blocks, 1, 16);
	assert_true(loss_of(p, "untracked") >= 100 - v.live_blocks);
	assert_int_equal(p->total.allocs, p->total.frees + p->total.live_blocks +
						  loss_of(p, "untracked") +
						  loss_of(p, "overwritten"));
	profile_free(p);
	tracer_close(t);
	sender_end(&s);
}

static void read_all(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	/* Some have no end: pagemap. */
	for (int i = 0; i < 8 && fd >= 0 && read(fd, text, sizeof(text)) > 0; i++)
		;
	if (fd >= 0)
		close(fd);
}

static void read_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char file[512];

	while (d && (e = readdir(d))) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (e->d_type == DT_REG)
			read_all(file);
	}
	if (d)
		closedir(d);
}

/* Files, sockets, pipes, descriptors, mappings: allocations of many kinds. */
static void do_many_things(void)
{
	size_t length = 1 << 20;
	int pair[2], ends[2];
	char *memory =
		mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; memory != MAP_FAILED && i < length; i += 4096)
		memory[i] = 1;
	read_folder("/proc/self");
	read_folder("/proc/sys/kernel");
	read_folder("/sys/kernel");
	if (!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) && write(pair[0], "x", 1) == 1)
		close(eventfd(0, 0));
	if (!pipe(ends) && write(ends[1], "x", 1) == 1)
		close(epoll_create1(0));
	close(timerfd_create(CLOCK_MONOTONIC, 0));
	close(memfd_create("churn", 0));
	close(inotify_init1(0));
}

/* Processes come and go meanwhile: frees by others, by RCU. */
static void churn(int rounds)
{
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (!pid) {
			do_many_things();
			_exit(0);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

/* A table of stacks that is too small: the rest is counted without, sums stay whole. */
static void few_stacks(void **state UNUSED)
{
	struct tracer_options o = {
		.kinds = TRACER_KMALLOC | TRACER_CACHE, .every = 1, .stacks_max = 1};
	struct kernel_tracer *t;
	struct profile *p;
	struct sender s;

	sender_start(&s);
	t = open_tracer(&o);
	sender_send(&s, 100, false);
	churn(2);
	tracer_stop(t);
	p = read_profile(t);
	assert_true(loss_of(p, "stacks_full") > 0);
	assert_int_equal(p->total.allocs,
			 loss_of(p, "kmalloc_events") + loss_of(p, "kmem_cache_alloc_events"));
	assert_int_equal(p->total.bytes,
			 loss_of(p, "kmalloc_bytes") + loss_of(p, "kmem_cache_alloc_bytes"));
	profile_free(p);
	tracer_close(t);
	sender_end(&s);
}

/* bpf_get_stackid() with 64 buckets on the same load, which has more stacks than that. */
static void losing_buckets(uint64_t *counted, uint64_t *lost)
{
	struct bpf_program *prog;
	struct bpf_object *bpf;
	struct bpf_link *link;
	char path[4096];
	uint32_t zero = 0;

	object_listen();
	assert_int_equal(tracer_object("lab", path, sizeof(path)), 0);
	bpf = bpf_object__open_file(path, NULL);
	assert_non_null(bpf);
	assert_int_equal(
		bpf_map__set_max_entries(bpf_object__find_map_by_name(bpf, "stack_traces"), 64), 0);
	assert_int_equal(bpf_object__load(bpf), 0);
	prog = bpf_object__find_program_by_name(bpf, "track_tracepoint");
	link = bpf_program__attach(prog);
	assert_non_null(link);
	churn(8);
	bpf_link__destroy(link);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(bpf, ".bss"), &zero, lost), 0);
	*counted = 0;
	for (uint32_t b = 0; b < LAB_BUCKETS_USED; b++) {
		uint64_t n = 0;

		bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(bpf, "size_histogram"), &b, &n);
		*counted += n;
	}
	bpf_object__close(bpf);
}

/* Everything that the machine does meanwhile: every free is found or missed, every block is freed,
 * live, or in a figure that says why not; no stack is lost. */
static void whole_system(void **state UNUSED)
{
	struct tracer_options o = {.kinds = TRACER_KMALLOC | TRACER_CACHE | TRACER_PAGES,
				   .every = 1};
	struct kernel_tracer *t = open_tracer(&o);
	uint64_t counted, lost;
	struct profile *p;

	churn(8);
	tracer_stop(t);
	p = read_profile(t);
	assert_int_equal(loss_of(p, "kfree_events"),
			 loss_of(p, "kfree_found") + loss_of(p, "kfree_missed"));
	assert_true(loss_of(p, "kfree_found") > 0 && loss_of(p, "kmem_cache_free_found") > 0 &&
		    loss_of(p, "mm_page_free_found") > 0);
	assert_int_equal(p->total.frees, loss_of(p, "kfree_found") +
						 loss_of(p, "kmem_cache_free_found") +
						 loss_of(p, "mm_page_free_found"));
	assert_int_equal(p->total.allocs, loss_of(p, "kmalloc_events") +
						  loss_of(p, "kmem_cache_alloc_events") +
						  loss_of(p, "mm_page_alloc_events"));
	assert_int_equal(p->total.allocs, p->total.frees + p->total.live_blocks +
						  loss_of(p, "untracked") +
						  loss_of(p, "overwritten"));
	assert_int_equal(loss_of(p, "stacks_full") + loss_of(p, "unwind_fails"), 0);
	print_message(
		"allocations %llu, frees found %llu, overwritten %llu, recursion misses %llu\n",
		(unsigned long long)p->total.allocs, (unsigned long long)p->total.frees,
		(unsigned long long)loss_of(p, "overwritten"),
		(unsigned long long)loss_of(p, "recursion_misses"));
	profile_free(p);
	tracer_close(t);
	losing_buckets(&counted, &lost);
	print_message("bpf_get_stackid() with 64 buckets: %llu counted, %llu lost\n",
		      (unsigned long long)counted, (unsigned long long)lost);
	assert_true(lost > 0);
}

/* Nobody is left behind when the process that watches is killed. */
static void killed(void **state UNUSED)
{
	struct tracer_options o = {.kinds = TRACER_KMALLOC, .counts = true};
	uint32_t before = 0, after = 0, id;
	int report[2];
	char c;
	pid_t pid;

	if (object_missing_capabilities()[0])
		skip();
	for (id = 0; !bpf_link_get_next_id(id, &id);)
		before++;
	assert_int_equal(pipe(report), 0);
	pid = fork();
	if (!pid) {
		struct kernel_tracer *t;

		c = tracer_open(&t, &o, NULL) ? 'n' : 'y';
		_exit(write(report[1], &c, 1) == 1 ? pause() : 1);
	}
	assert_int_equal(read(report[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* Links are taken down after the descriptors are closed. */
	for (int i = 0; i < 200; i++) {
		after = 0;
		for (id = 0; !bpf_link_get_next_id(id, &id);)
			after++;
		if (after <= before)
			break;
		usleep(20000);
	}
	assert_true(after <= before);
	close(report[0]);
	close(report[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message),    cmocka_unit_test(held_messages),
		cmocka_unit_test(sampled_by_bytes), cmocka_unit_test(sampled_by_number),
		cmocka_unit_test(only_counted),	    cmocka_unit_test(few_lives),
		cmocka_unit_test(few_stacks),	    cmocka_unit_test(whole_system),
		cmocka_unit_test(killed),
	};

	return live_main(tests, ARRAY_SIZE(tests), "memprof kernel");
}
