/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames of the running machine, held against what a child did and what /proc says of it. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "bpf/procs/tasks.h"
#include "lib/clock.h"
#include "lib/procfs.h"
#include "monitor/source/caps.h"
#include "monitor/source/source.h"
#include "tests/unit/figures_fixture.h"

enum { THREADS = 3, CALLS = 57, BRIEF_CALLS = 23, FRAMES_MAX = 60 };

/* A child that works when told, one letter each, and answers each. */
struct worker {
	struct cgroup cgroup; /* where it alone is counted, whatever else the machine does */
	pid_t pid;
	int tell, hear;
};

static int gate[2];
static unsigned long heap_end;

static void calls(int n)
{
	for (int i = 0; i < n; i++)
		raw_munmap(raw_mmap(8192), 8192);
}

/* Ends by itself, without the calls that a library makes at a thread's end. */
static void *thread_of_calls(void *arg)
{
	char c;

	if (read(gate[0], &c, 1) == 1)
		calls(CALLS);
	if (!arg)
		syscall(SYS_exit, 0);
	for (;;)
		pause();
	return NULL;
}

static volatile bool stop_burning;

static void *thread_that_burns(void *arg)
{
	uint64_t start_ns = clock_thread_cpu_ns(),
		 for_ns = (uint64_t)(uintptr_t)arg * NSEC_PER_MSEC;

	while (for_ns ? clock_thread_cpu_ns() - start_ns < for_ns : !stop_burning)
		if (for_ns)
			getppid();
	return NULL;
}

static void *thread_that_waits(void *arg UNUSED)
{
	char c;

	while (read(gate[0], &c, 1) < 0)
		;
	for (;;)
		pause();
	return NULL;
}

static uint32_t brief_process(void (*work)(void))
{
	pid_t pid = fork();

	if (!pid) {
		work();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return (uint32_t)pid;
}

static void brief_calls(void)
{
	calls(BRIEF_CALLS);
}

static void brief_burn(void)
{
	thread_that_burns((void *)(uintptr_t)60);
}

static void grow_and_shrink(void)
{
	char *big = raw_mmap(24 << 20), *kept = raw_mmap(5 << 20);

	memset(big, 1, 24 << 20);
	memset(kept, 1, 5 << 20);
	raw_munmap(big, 24 << 20);
}

/* Returns what to answer. */
static uint32_t obey(char order)
{
	pthread_t t[THREADS];

	switch (order) {
	case 't': /* threads that wait at the gate; the first ends after its calls */
		for (uintptr_t i = 0; i < THREADS; i++)
			pthread_create(&t[i], NULL, thread_of_calls, (void *)i);
		break;
	case 'c':
		if (write(gate[1], "ggg", THREADS) != THREADS)
			_exit(1);
		calls(CALLS);
		for (int i = 0; i < CALLS; i++) {
			raw_brk(heap_end + 4096);
			raw_brk(heap_end);
		}
		usleep(100000);
		break;
	case 'p': return brief_process(brief_calls);
	case 'q': return brief_process(brief_burn);
	case 'm': grow_and_shrink(); break;
	case 'b': /* one that ends, one that goes on, one that blocks */
		pthread_create(&t[0], NULL, thread_that_burns, (void *)(uintptr_t)80);
		pthread_create(&t[1], NULL, thread_that_burns, NULL);
		pthread_create(&t[2], NULL, thread_that_waits, NULL);
		pthread_join(t[0], NULL);
		usleep(50000);
		break;
	}
	return 1;
}

static void worker_start(struct worker *w)
{
	int tell[2], hear[2];

	assert_int_equal(pipe(tell) | pipe(hear) | pipe(gate), 0);
	assert_int_equal(cgroup_create(&w->cgroup, "source"), 0);
	w->pid = fork();
	if (!w->pid) {
		char order;

		if (cgroup_enter(&w->cgroup, 0))
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "t_so)urce 1");
		heap_end = (unsigned long)raw_brk(0);
		while (read(tell[0], &order, 1) == 1) {
			uint32_t answer = obey(order);

			if (write(hear[1], &answer, sizeof(answer)) != sizeof(answer))
				break;
		}
		_exit(0);
	}
	w->tell = tell[1];
	w->hear = hear[0];
	close(tell[0]);
	close(hear[1]);
}

static uint32_t tell(const struct worker *w, char order)
{
	uint32_t answer = 0;

	assert_int_equal(write(w->tell, &order, 1), 1);
	assert_int_equal(read(w->hear, &answer, sizeof(answer)), sizeof(answer));
	return answer;
}

static void worker_end(struct worker *w)
{
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	cgroup_remove(&w->cgroup);
	close(w->tell);
	close(w->hear);
	close(gate[0]);
	close(gate[1]);
}

static struct frame *sample(struct source *s)
{
	struct frame *f = NULL;

	assert_int_equal(source_sample(s, &f), 1);
	for (size_t i = 1; i < f->n; i++)
		assert_true(f->rows[i - 1].pid <= f->rows[i].pid);
	return f;
}

static struct proc_row *row_of(struct frame *f, pid_t pid)
{
	struct proc_row *row = frame_find(f, (uint32_t)pid);

	assert_non_null(row);
	return row;
}

static void stop(pid_t pid)
{
	int status;

	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
}

/* The frame in which @pid has ended, which must be one: a copy of its row. */
static struct proc_row ended_row(struct source *s, uint32_t pid)
{
	struct proc_row found = {0};
	int times = 0;

	for (int i = 0; i < FRAMES_MAX; i++) {
		struct frame *f = sample(s);

		for (size_t k = 0; k < f->n; k++)
			if (f->rows[k].pid == pid && f->rows[k].flags & ROW_ENDED) {
				found = row_kept(&f->rows[k]);
				times++;
			}
		if (times && !frame_find(f, pid))
			break;
		usleep(20000);
	}
	assert_int_equal(times, 1);
	return found;
}

/* --- calls -------------------------------------------------------------------------------------
 */

static void check_calls(const char *monitor)
{
	struct source_options opts = {.tool = TOOL_MEMMON, .object = monitor};
	const char *name = monitor ? monitor : "memmon_fast";
	struct source *s = NULL;
	struct proc_row row, before;
	struct worker w;
	struct frame *f;

	worker_start(&w);
	tell(&w, 't');
	opts.cgroup_id = w.cgroup.id;
	assert_int_equal(source_live(&s, &opts), 0);
	f = sample(s);
	assert_string_equal(f->monitor, name);
	assert_true(isnan(f->interval_s));
	assert_string_equal(row_of(f, w.pid)->name, "t_so)urce 1");
	assert_float_equal(row_value(row_of(f, w.pid), FIELD_THREADS), THREADS + 1, 0);
	before = row_kept(row_of(f, w.pid));
	tell(&w, 'c');
	/* A number that nobody has told of yet waits a frame. */
	sample(s);
	f = sample(s);
	row = row_kept(row_of(f, w.pid));
	assert_float_equal(row.v[FIELD_MMAP] - before.v[FIELD_MMAP], CALLS * (THREADS + 1), 0);
	assert_float_equal(row.v[FIELD_MUNMAP] - before.v[FIELD_MUNMAP], CALLS * (THREADS + 1), 0);
	/* Told by the ring alone, where the machine's other calls may have taken the room. */
	if (!f->losses.ring_full)
		assert_float_equal(row.v[FIELD_BRK] - before.v[FIELD_BRK], 2 * CALLS, 0);
	assert_float_equal(row.v[FIELD_THREADS], THREADS, 0);
	assert_true(f->interval_s > 0);
	assert_int_equal(row.ppid, getpid());
	/* Nothing more was done: nothing more is counted. */
	f = sample(s);
	assert_float_equal(row_value(row_of(f, w.pid), FIELD_MMAP), row.v[FIELD_MMAP], 0);
	row = ended_row(s, tell(&w, 'p'));
	assert_float_equal(row.v[FIELD_MMAP], BRIEF_CALLS, 0);
	assert_float_equal(row.v[FIELD_MUNMAP], BRIEF_CALLS, 0);
	assert_string_equal(row.name, "t_so)urce 1");
	worker_end(&w);
	row = ended_row(s, (uint32_t)w.pid);
	assert_float_equal(row.v[FIELD_MMAP] - before.v[FIELD_MMAP], CALLS * (THREADS + 1), 0);
	source_close(s);
}

static void calls_fast(void **state UNUSED)
{
	check_calls(NULL);
}

static void calls_seeds(void **state UNUSED)
{
	check_calls("memmon");
}

static void calls_honey(void **state UNUSED)
{
	check_calls("memmon-honey");
}

static void events(void **state UNUSED)
{
	struct source_options opts = {.tool = TOOL_MEMMON};
	uint64_t mmaps = 0, n = 0;
	struct source *s = NULL;
	struct worker w;
	struct frame *f;

	worker_start(&w);
	opts.cgroup_id = w.cgroup.id;
	assert_int_equal(source_live(&s, &opts), 0);
	tell(&w, 'm');
	f = sample(s);
	assert_false(f->own.events_on);
	assert_false(source_wants_pump(s)); /* when many have ended, a descriptor says so */
	assert_null(row_of(f, w.pid)->sizes);
	assert_int_equal(source_events(s, true), 0);
	assert_true(source_wants_pump(s));
	tell(&w, 'm');
	assert_int_equal(source_pump(s), 0);
	f = sample(s);
	assert_true(f->own.events_on);
	for (size_t i = 0; i < f->nevents; i++)
		if (f->events[i].record.tgid == (uint32_t)w.pid) {
			assert_string_equal(f->events[i].record.comm, "t_so)urce 1");
			mmaps += f->events[i].record.value[MEM_EVENT_TYPE] == 2;
			n++;
		}
	assert_int_equal(mmaps, 2);
	assert_int_equal(n, 3);
	assert_int_equal(row_of(f, w.pid)->sizes[24], 2); /* 24 MiB mapped and unmapped */
	assert_int_equal(row_of(f, w.pid)->sizes[22], 1); /* 5 MiB */
	assert_int_equal(source_events(s, false), 0);
	tell(&w, 'm');
	f = sample(s);
	for (size_t i = 0; i < f->nevents; i++)
		assert_int_not_equal(f->events[i].record.tgid, w.pid);
	source_close(s);
	worker_end(&w);
}

/* --- memory ------------------------------------------------------------------------------------
 */

static void equals_proc(struct source *s, struct frame *f, pid_t pid)
{
	struct proc_row *row = row_of(f, pid);
	uint32_t index = (uint32_t)(row - f->rows);
	struct proc_memory want;

	source_refine(s, f, &index, 1);
	assert_int_equal(procfs_memory("/proc", pid, &want), 0);
	assert_true(row->flags & ROW_EXACT);
	assert_float_equal(row_value(row, FIELD_RSS), (double)want.rss_bytes / 1024, 0);
	assert_float_equal(row_value(row, FIELD_VIRT), (double)want.size_bytes / 1024, 0);
	assert_float_equal(row_value(row, FIELD_PEAK), (double)want.hwm_bytes / 1024, 0);
	assert_true(row_value(row, FIELD_PEAK) > row_value(row, FIELD_RSS) + 20 * 1024);
}

static void memory(void **state UNUSED)
{
	const struct source_options opts = {.tool = TOOL_CPUMON};
	struct source *s = NULL;
	struct proc_detail detail;
	struct proc_row row;
	struct worker w;
	struct frame *f;
	uint32_t index;

	worker_start(&w);
	assert_int_equal(source_live(&s, &opts), 0);
	tell(&w, 'm');
	stop(w.pid);
	f = sample(s);
	row = row_kept(row_of(f, w.pid));
	assert_false(row.flags & ROW_EXACT);
	assert_int_equal(row.state, 'T');
	/* What the iterator says is near. */
	assert_true(row.v[FIELD_RSS] > 5 * 1024 && row.v[FIELD_PEAK] > 24 * 1024);
	equals_proc(s, f, w.pid);
	usleep(150000); /* no longer of now: all is read again */
	equals_proc(s, f, w.pid);
	assert_int_equal(source_detail(s, &row, &detail), 0);
	assert_true(detail.pss_kb > 0 && detail.uss_kb >= 5 * 1024);
	assert_non_null(strstr(detail.executable, "t_source"));
	assert_string_equal(detail.why_not, "");
	worker_end(&w);
	index = (uint32_t)(row_of(f, w.pid) - f->rows);
	f->rows[index].flags &= (uint8_t)~ROW_EXACT;
	source_refine(s, f, &index, 1);
	assert_true(f->rows[index].flags & ROW_ENDED);
	assert_int_equal(source_detail(s, &row, &detail), -ESRCH);
	/* Its number, and another start: not the one of this program, however slow it was. */
	row.pid = (uint32_t)getpid();
	row.start_ns += 3600 * NSEC_PER_SEC;
	assert_int_equal(source_detail(s, &row, &detail), -ESRCH);
	source_close(s);
}

/* What a sleeper tells of itself. */
struct sleeper {
	pid_t pid;
	void *memory;
};

/* A child of a child, which sleeps from here on. Returns the child. */
static pid_t sleeper_start(struct sleeper *out, size_t bytes)
{
	int hear[2];
	pid_t child;

	assert_int_equal(pipe(hear), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child && !fork()) {
		struct sleeper s = {getpid(), mmap(NULL, bytes, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};

		if (write(hear[1], &s, sizeof(s)) != sizeof(s))
			_exit(1);
	}
	if (!child)
		for (;;)
			pause();
	assert_int_equal(read(hear[0], out, sizeof(*out)), sizeof(*out));
	close(hear[0]);
	close(hear[1]);
	return child;
}

/* Others change what it has and whose child it is: it does not run for that. */
static void asleep(void **state UNUSED)
{
	enum { BYTES = 8 << 20 };
	const struct source_options opts = {.tool = TOOL_CPUMON};
	struct source *s = NULL;
	struct sleeper sleeper;
	struct proc_row before, *row;
	struct iovec from, to;
	pid_t child;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = sleeper_start(&sleeper, BYTES);
	assert_int_equal(source_live(&s, &opts), 0);
	for (int i = 0; i < 3; i++)
		before = row_kept(row_of(sample(s), sleeper.pid));
	assert_int_equal(before.ppid, child);
	from = (struct iovec){calloc(1, BYTES), BYTES};
	to = (struct iovec){sleeper.memory, BYTES};
	assert_int_equal(process_vm_writev(sleeper.pid, &from, 1, &to, 1, 0), BYTES);
	free(from.iov_base);
	row = row_of(sample(s), sleeper.pid);
	assert_true(row_value(row, FIELD_RSS) > before.v[FIELD_RSS] + 6 * 1024);
	assert_true(row_value(row, FIELD_AGE) > before.v[FIELD_AGE]);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	row = row_of(sample(s), sleeper.pid);
	assert_int_equal(row->ppid, getpid());
	kill(sleeper.pid, SIGKILL);
	assert_int_equal(waitpid(sleeper.pid, NULL, 0), sleeper.pid);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	row = row_of(sample(s), sleeper.pid);
	assert_int_equal(row->state, 'X');
	source_close(s);
}

/* --- times -------------------------------------------------------------------------------------
 */

static void near(double is_ms, double want_ms, double within_ms)
{
	if (fabs(is_ms - want_ms) > within_ms)
		fail_msg("%.3f ms, and %.3f ms were expected", is_ms, want_ms);
}

static void times(void **state UNUSED)
{
	const struct source_options opts = {.tool = TOOL_CPUMON};
	const double tick_ms = 1000.0 / (double)sysconf(_SC_CLK_TCK);
	struct source *s = NULL;
	struct proc_cpu want;
	struct proc_row row;
	struct worker w;
	struct frame *f;

	worker_start(&w);
	assert_int_equal(source_live(&s, &opts), 0);
	f = sample(s);
	assert_string_equal(f->monitor, "tasks");
	tell(&w, 'b');
	stop(w.pid);
	f = sample(s);
	row = row_kept(row_of(f, w.pid));
	assert_int_equal(procfs_cpu("/proc", w.pid, &want), 0);
	/* More than the thread that ended took, which is in it. */
	assert_true(row.v[FIELD_TOTAL_MS] > 80 + tick_ms);
	near(row.v[FIELD_USER_MS], (double)want.user_ns / 1e6, 2 * tick_ms);
	near(row.v[FIELD_SYSTEM_MS], (double)want.system_ns / 1e6, 2 * tick_ms);
	near(row.v[FIELD_TOTAL_MS], row.v[FIELD_USER_MS] + row.v[FIELD_SYSTEM_MS], 1e-6);
	assert_true(row.v[FIELD_SWITCHES] > 0);
	/* Stopped: no time goes by. */
	f = sample(s);
	assert_float_equal(row_value(row_of(f, w.pid), FIELD_TOTAL_MS), row.v[FIELD_TOTAL_MS],
			   1e-6);
	worker_end(&w);
	source_close(s);
}

/* A process that came and went between two frames has what wait4(2) says of it. */
static void times_of_the_ended(void **state UNUSED)
{
	const struct source_options opts = {.tool = TOOL_CPUMON};
	const double tick_ms = 1000.0 / (double)sysconf(_SC_CLK_TCK);
	struct source *s = NULL;
	struct rusage usage;
	struct proc_row row;
	pid_t pid;

	assert_int_equal(source_live(&s, &opts), 0);
	sample(s);
	pid = fork();
	if (!pid) {
		brief_burn();
		_exit(0);
	}
	assert_int_equal(wait4(pid, NULL, 0, &usage), pid);
	row = ended_row(s, (uint32_t)pid);
	near(row.v[FIELD_TOTAL_MS],
	     (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3,
	     tick_ms);
	assert_true(row.v[FIELD_TOTAL_MS] >= 59);
	source_close(s);
}

static void object_of_the_cpu(void **state UNUSED)
{
	const struct source_options opts = {.tool = TOOL_CPUMON, .object = "cpumon"};
	struct source *s = NULL;
	double before;
	struct worker w;
	struct frame *f;

	worker_start(&w);
	assert_int_equal(source_live(&s, &opts), 0);
	f = sample(s);
	assert_string_equal(f->monitor, "cpumon");
	before = row_value(row_of(f, w.pid), FIELD_TOTAL_MS);
	tell(&w, 'b');
	stop(w.pid);
	sample(s);
	f = sample(s);
	/* What its definition makes of the burning threads, each credited for itself. */
	assert_true(row_value(row_of(f, w.pid), FIELD_TOTAL_MS) - before > 80);
	worker_end(&w);
	source_close(s);
}

/* --- privileges --------------------------------------------------------------------------------
 */

static char said[1024];

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

/* As nobody, with these capabilities and no other. */
static bool become_nobody(uint64_t caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)caps, (uint32_t)caps, 0},
		{(uint32_t)(caps >> 32), (uint32_t)(caps >> 32), 0}};

	return !prctl(PR_SET_KEEPCAPS, 1) && !setresgid(65534, 65534, 65534) &&
	       !setresuid(65534, 65534, 65534) && !syscall(SYS_capset, &head, data);
}

/* Why nobody cannot be asked here, as children tell it instead of a line. */
enum { CLOSED = -1, HIDDEN = -2 };

static const char *const closed = "the build stands in a folder that nobody may read";
static const char *const hidden = "/proc hides the processes of others (hidepid)";

/* 0, or the line where it went wrong. */
#define NEED(what)                                                                                 \
	if (!(what))                                                                               \
	return __LINE__

static bool reads_others(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
	return !access(path, R_OK);
}

static int run_with_two(void)
{
	const struct source_options opts = {.tool = TOOL_MEMMON};
	const struct source_options seeds = {.tool = TOOL_MEMMON, .object = "memmon"};
	struct source *s = NULL;
	struct proc_row *row;
	struct frame *f;
	uint32_t index;

	NEED(become_nobody(1ULL << CAP_BPF | 1ULL << CAP_PERFMON));
	if (access(getenv("BEEBENCH_BPF_DIR"), R_OK | X_OK))
		return CLOSED;
	if (!reads_others())
		return HIDDEN;
	NEED(source_live(&s, &opts) == 0);
	NEED(source_confine(s) == 0);
	NEED(!(caps_effective() & ~(1ULL << CAP_PERFMON)));
	NEED(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	for (int i = 0; i < 2; i++)
		NEED(source_sample(s, &f) == 1);
	NEED(source_events(s, true) == 0);
	raw_munmap(raw_mmap(8192), 8192);
	NEED(source_pump(s) == 0 && source_sample(s, &f) == 1);
	row = frame_find(f, (uint32_t)getpid());
	NEED(row && row_value(row, FIELD_MMAP) > 0);
	NEED(row->sizes || f->losses.ring_full);
	/* Root's and our own are read alike. */
	row = frame_find(f, (uint32_t)getppid());
	NEED(row && row->uid == 0);
	index = (uint32_t)(row - f->rows);
	source_refine(s, f, &index, 1);
	NEED(row->flags & ROW_EXACT);
	source_close(s);
	/* What was given up does not come back. */
	s = NULL;
	NEED(source_live(&s, &seeds) == -EPERM);
	return 0;
}

static int run_without(void)
{
	const struct source_options opts = {.tool = TOOL_MEMMON};
	const struct source_options cpu = {.tool = TOOL_CPUMON};
	struct source *s = NULL;
	struct frame *f;

	NEED(become_nobody(1ULL << CAP_BPF));
	log_capture(hear, NULL);
	NEED(source_live(&s, &opts) == -EPERM);
	NEED(strstr(said, "CAP_PERFMON is missing"));
	NEED(!strstr(said, "CAP_BPF is missing"));
	NEED(strstr(said, "setcap cap_bpf,cap_perfmon+ep /"));
	/* cpumon reads /proc then, and says so. */
	NEED(source_live(&s, &cpu) == 0);
	NEED(strstr(said, "/proc is read instead"));
	NEED(source_sample(s, &f) == 1);
	NEED(frame_find(f, (uint32_t)getpid()));
	NEED(frame_find(f, (uint32_t)getpid())->flags & ROW_EXACT);
	NEED(isnan(row_value(frame_find(f, (uint32_t)getpid()), FIELD_PEAK)));
	source_close(s);
	return 0;
}

static void in_child(int (*run)(void))
{
	int channel[2], line = 0;
	pid_t pid;

	assert_int_equal(pipe(channel), 0);
	pid = fork();
	if (!pid) {
		line = run();
		if (write(channel[1], &line, sizeof(line)) != sizeof(line))
			_exit(1);
		_exit(0);
	}
	close(channel[1]);
	assert_int_equal(read(channel[0], &line, sizeof(line)), sizeof(line));
	waitpid(pid, NULL, 0);
	close(channel[0]);
	if (line == CLOSED || line == HIDDEN) {
		print_message("# %s\n", line == CLOSED ? closed : hidden);
		skip();
	}
	if (line)
		fail_msg("line %d", line);
}

static void two_capabilities(void **state UNUSED)
{
	in_child(run_with_two);
}

static void one_is_missing(void **state UNUSED)
{
	in_child(run_without);
}

/* Who sleeps from frame to frame is woken before the room for those that ended is taken: their ring
 * is not half full then. */
static void many_end(void **state UNUSED)
{
	const struct source_options opts = {.tool = TOOL_MEMMON};
	struct pollfd fds[8];
	int fd[ARRAY_SIZE(fds)];
	struct source *s = NULL;
	int n;

	assert_int_equal(source_live(&s, &opts), 0);
	sample(s);
	for (int i = 0; i < TASK_EXITS_WAKE; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	n = source_fds(s, fd, ARRAY_SIZE(fd));
	assert_true(n > 0);
	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
	assert_true(poll(fds, (nfds_t)n, 0) > 0);
	assert_int_equal(source_pump(s), 0);
	source_close(s);
}

/* What an older kernel does: the tests above walk where this one can. */
static void by_the_iterator(void **state)
{
	setenv("BEEBENCH_TASKS", "iterator", 1);
	calls_fast(state);
	memory(state);
	asleep(state);
	times(state);
	unsetenv("BEEBENCH_TASKS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_fast),
		cmocka_unit_test(calls_seeds),
		cmocka_unit_test(calls_honey),
		cmocka_unit_test(events),
		cmocka_unit_test(memory),
		cmocka_unit_test(asleep),
		cmocka_unit_test(times),
		cmocka_unit_test(times_of_the_ended),
		cmocka_unit_test(object_of_the_cpu),
		cmocka_unit_test(many_end),
		cmocka_unit_test(two_capabilities),
		cmocka_unit_test(one_is_missing),
		cmocka_unit_test(by_the_iterator),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_source");
}
