/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Definitions beside bpftrace itself: the same script, over the same known calls, every map key by
 * key and every printed line. A child writes down what it calls, between which moments, and that is
 * the record. $BPFTRACE is the bpftrace to ask (`make test-peers` gives the newest).
 * # timeout: 600
 */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include "harness/definition/definition.h"
#include "harness/definition/syscalls.h"
#include "lib/strbuf.h"

enum { CALLS_MAX = 256, KEPT = 256 };

/* What the child leaves behind. */
struct account {
	struct syscall_record records[CALLS_MAX];
	char kept[CALLS_MAX][KEPT];
	unsigned int n;
};

static struct account *account;
static enum definition_release release;
static const char *bpftrace;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* A call that is written down. @text: what argument @arg points at, NULL: it can be read by nobody;
 * @arg -1: there is none. */
static long call(const char *name, const uint64_t args[6], int arg, const char *text)
{
	struct syscall_record *r =
		&account->records[__atomic_fetch_add(&account->n, 1, __ATOMIC_RELAXED)];
	long ret;

	if (r >= account->records + CALLS_MAX)
		_exit(9);
	*r = (struct syscall_record){.has_enter = true, .has_exit = true};
	r->nr = syscall_number(name);
	r->pid = (uint32_t)getpid();
	r->tid = (uint32_t)gettid();
	r->cpu_enter = r->cpu_exit = (uint32_t)sched_getcpu();
	r->unknown = SYSCALL_NO_CGROUP;
	r->uid = getuid();
	r->gid = getgid();
	memcpy(r->args, args, sizeof(r->args));
	memcpy(r->comm_enter, "defcalls", 9);
	memcpy(r->comm_exit, "defcalls", 9);
	if (arg >= 0 && text)
		snprintf(account->kept[r - account->records], KEPT, "%s", text);
	r->ntexts = arg >= 0;
	r->enter_ns = now_ns();
	ret = syscall(r->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	r->exit_max_ns = r->enter_max_ns = now_ns();
	r->exit_ns = r->enter_ns;
	r->ret = ret < 0 ? -errno : ret;
	return ret;
}

#define CALL(name, ...) call(name, (const uint64_t[6]){__VA_ARGS__}, -1, NULL)

static int open_path(const char *path)
{
	char copy[KEPT]; /* in memory that is there */

	snprintf(copy, sizeof(copy), "%s", path);
	return (int)call("openat",
			 (const uint64_t[6]){(uint32_t)AT_FDCWD, (uint64_t)copy, O_RDWR, 0600}, 1,
			 copy);
}

static void *other_thread(void *arg UNUSED)
{
	for (uint64_t i = 0; i < 5; i++)
		CALL("lseek", 900 + i, i * 1000, 9);
	CALL("getppid", 0);
	return NULL;
}

/* As many as 0.17 must see in one go, of every kind that its types treat in a way of their own. */
static void known_calls(void)
{
	static const int64_t offsets[] = {-5,	       7,   300, 0,	     5000000000,
					  -3000000000, 100, 1,	 4294967295, INT64_MIN,
					  INT64_MAX,   -1,  255, 4294967294};
	char path[201];
	struct timespec nap = {.tv_nsec = 3000000};
	pthread_t thread;
	int null;

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		CALL("lseek", 100 + i, (uint64_t)offsets[i], 9);
	open_path("/dev/null/none");
	open_path("/dev/null/none");
	open_path("");
	open_path("/caf\xc3\xa9\xff \"q\",w");
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[200] = '\0';
	memcpy(path + 58, "012345678", 9);
	open_path(path);
	call("openat", (const uint64_t[6]){(uint32_t)AT_FDCWD, 8, O_RDONLY}, 1, NULL);
	null = open_path("/dev/null");
	for (uint64_t i = 0; i < 6; i++)
		CALL("write", (uint64_t)null, (uint64_t)path, i * i * 7);
	close(null);
	CALL("getpgid", 0xffffffff00000000u);
	CALL("getpgid", 0xfffffff5u);
	CALL("fchown", 0xfffffffeu, 0xffffffff00000007u, 5);
	CALL("fchmod", 0xfffffffeu, 0xffffffff123601ffu);
	CALL("munmap", 0x8000000000000001u, 4096);
	CALL("munmap", 0x4000000000000001u, 0xffffffffffffffffu);
	for (int i = 0; i < 3; i++)
		CALL("nanosleep", (uint64_t)&nap, 0);
	CALL("getppid", 0);
	if (pthread_create(&thread, NULL, other_thread, NULL) == 0)
		pthread_join(thread, NULL);
	/* Later than any order of threads is in doubt. */
	nap.tv_nsec = 30000000;
	CALL("nanosleep", (uint64_t)&nap, 0);
	for (uint64_t i = 0; i < 4; i++)
		CALL("lseek", 100 + i, i, 9);
}

static int child_main(void *arg)
{
	int *go = arg;
	cpu_set_t one;
	char c;

	close(go[1]);
	pthread_setname_np(pthread_self(), "defcalls");
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (read(go[0], &c, 1) != 1)
		return 1;
	known_calls();
	return 0;
}

/* The child's own record, with what only pointers of this process can say. */
static void complete_records(struct syscall_text *texts)
{
	for (unsigned int i = 0; i < account->n; i++) {
		struct syscall_record *r = &account->records[i];

		r->name = syscall_by_nr(r->nr);
		texts[i] = (struct syscall_text){.arg = 1, .bytes = account->kept[i]};
		texts[i].len = (uint16_t)strlen(account->kept[i]);
		texts[i].unread = r->args[1] == 8;
		r->texts = &texts[i];
	}
}

/* --- bpftrace --- */

static void read_all(int fd, struct strbuf *out)
{
	char buf[65536];
	ssize_t got;

	strbuf_reset(out);
	for (off_t at = 0; (got = pread(fd, buf, sizeof(buf), at)) > 0; at += got)
		strbuf_add(out, buf, (size_t)got);
}

/* Runs @script beside the child; its JSON lines go to @out. */
static void run_beside(const char *script, struct strbuf *out)
{
	struct subproc bt = SUBPROC_INIT, child = SUBPROC_INIT;
	struct subproc_opts opts = SUBPROC_OPTS_INIT, calls = SUBPROC_OPTS_INIT;
	int go[2], file = memfd_create("bpftrace", MFD_CLOEXEC);
	char pid[16];
	const char *argv[] = {"sh", "-c", "exec $0 -f json -e \"$1\" \"$2\"", bpftrace, script,
			      pid,  NULL};

	account->n = 0;
	assert_int_equal(pipe(go), 0);
	calls.child = child_main;
	calls.arg = go;
	assert_int_equal(subproc_start(&child, &calls), 0);
	close(go[0]);
	snprintf(pid, sizeof(pid), "%d", child.pid);
	opts.argv = argv;
	opts.stdout_fd = file;
	opts.stderr_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_int_equal(subproc_start(&bt, &opts), 0);
	do {
		int ended = subproc_wait(&bt, 50);

		read_all(file, out);
		if (ended != -ETIMEDOUT)
			fail_msg("bpftrace ended early; it printed: %s\nof: %s", out->s, script);
	} while (!strstr(out->s, "attached_probes"));
	/* 0.27 says so a moment before its probes are on. */
	usleep(300000);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(subproc_wait(&child, -1), 0);
	assert_int_equal(child.status, 0);
	close(go[1]);
	/* What it has printed within its last moments is lost when it is told to end. */
	usleep(300000);
	/* What it has printed within its last moments is lost when it is told to end. */
	usleep(300000);
	kill(bt.pid, SIGINT);
	assert_int_equal(subproc_wait(&bt, -1), 0);
	read_all(file, out);
	if (bt.status)
		fail_msg("bpftrace failed; it printed: %s\nof: %s", out->s, script);
	close(file);
	close(opts.stderr_fd);
	subproc_release(&bt);
	subproc_release(&child);
}

/* --- both in the same words --- */

/* A line for each key, sorted: "bash,3: 17". */
struct lines {
	char *v[1024];
	size_t n;
};

static void add_line(struct lines *l, const char *fmt, ...)
{
	va_list ap;

	assert_true(l->n < ARRAY_SIZE(l->v));
	va_start(ap, fmt);
	if (vasprintf(&l->v[l->n++], fmt, ap) < 0)
		abort();
	va_end(ap);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(struct lines *l)
{
	qsort(l->v, l->n, sizeof(l->v[0]), by_text);
}

static void free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	l->n = 0;
}

/* bpftrace prints bytes from 0x80 on as "\uffffffc3", which is U+FFFF and text to JSON. */
static void add_bytes(struct strbuf *out, const char *s)
{
	for (; *s; s++)
		if (*s & 0x80)
			strbuf_addf(out,
				    "\xef\xbf\xbf"
				    "ff%02x",
				    (unsigned char)*s);
		else
			strbuf_addch(out, *s);
}

static void cell_buckets(const struct definition_cell *c, struct strbuf *out)
{
	for (size_t i = 0; i < c->nbuckets; i++) {
		const struct definition_bucket *b = &c->buckets[i];

		if (b->open_low)
			strbuf_addf(out, "..%" PRId64, b->until - 1);
		else if (b->open_high)
			strbuf_addf(out, "%" PRId64 "..", b->from);
		else
			strbuf_addf(out, "%" PRId64 "..%" PRId64, b->from,
				    b->until - (b->until < INT64_MAX));
		strbuf_addf(out, "=%" PRIu64 " ", b->count.lo);
	}
}

static void expect_cell(struct lines *l, const struct definition_map *m,
			const struct definition_cell *c)
{
	struct strbuf key = STRBUF_INIT, value = STRBUF_INIT, text = STRBUF_INIT;

	definition_add_key(&text, m, c);
	add_bytes(&key, text.s);
	strbuf_reset(&text);
	switch (m->function) {
	case DEFINITION_HIST:
	case DEFINITION_LHIST: cell_buckets(c, &value); break;
	default: definition_add_value(&text, m, c); add_bytes(&value, text.s);
	}
	add_line(l, "%s: %s", key.s, value.s);
	strbuf_release(&key);
	strbuf_release(&value);
	strbuf_release(&text);
}

static const char *number_at(struct json_object *o, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : "";
}

static void got_buckets(struct json_object *list, struct strbuf *out)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *b = json_object_array_get_idx(list, i);
		const char *count = number_at(b, "count"), *min = number_at(b, "min");

		if (!strcmp(count, "0"))
			continue;
		/* 0.17 prints the last power's ends as int: 2^31 and one less. */
		if (!strcmp(min, "-2147483648"))
			strbuf_addf(out, "2147483648..=%s ", count);
		else
			strbuf_addf(out, "%s..%s=%s ", min, number_at(b, "max"), count);
	}
}

static void got_value(struct lines *l, const struct definition_map *m, const char *key,
		      struct json_object *v)
{
	struct strbuf text = STRBUF_INIT;

	if (json_object_is_type(v, json_type_array)) {
		got_buckets(v, &text);
	} else if (m->function == DEFINITION_STATS) {
		strbuf_addf(&text, "count %s, average ", number_at(v, "count"));
		strbuf_addf(&text, "%s, total ", number_at(v, "average"));
		strbuf_addstr(&text, number_at(v, "total"));
	} else {
		strbuf_addstr(&text, json_object_get_string(v));
	}
	add_line(l, "%s: %s", key, text.s);
	strbuf_release(&text);
}

static void got_keys(struct lines *l, const struct definition_map *m, struct json_object *table)
{
	json_object_object_foreach (table, key, value)
		got_value(l, m, key, value);
}

/* What bpftrace printed of map @m. */
static void got_map(struct lines *l, const struct definition_map *m, const char *out)
{
	for (const char *s = out; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		char *line = strndup(s, strcspn(s, "\n"));
		struct json_object *o = json_tokener_parse(line), *data, *v;

		if (o && json_object_object_get_ex(o, "data", &data) &&
		    json_object_is_type(data, json_type_object) &&
		    json_object_object_get_ex(data, m->name, &v)) {
			if (!m->nparts)
				got_value(l, m, "", v);
			else
				got_keys(l, m, v);
		}
		json_object_put(o);
		free(line);
	}
}

static void got_prints(struct lines *l, const char *out)
{
	for (const char *s = out; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		char *line = strndup(s, strcspn(s, "\n"));
		struct json_object *o = json_tokener_parse(line), *data;

		if (o && !strcmp(number_at(o, "type"), "printf") &&
		    json_object_object_get_ex(o, "data", &data))
			add_line(l, "%.*s", json_object_get_string_len(data) - 1,
				 json_object_get_string(data));
		json_object_put(o);
		free(line);
	}
}

/* Is the number of a line of bpftrace's within the bounds of the cell that has the same key? */
static bool within(const struct definition_map *m, const struct definition_cell *c,
		   const char *value)
{
	uint64_t v = strtoull(value, NULL, 10);
	struct definition_bound b = m->function == DEFINITION_AVG ? c->average : c->value;

	if (m->function == DEFINITION_HIST || m->function == DEFINITION_LHIST)
		return true;
	return m->value.is_signed ? (int64_t)v >= (int64_t)b.lo && (int64_t)v <= (int64_t)b.hi
				  : v >= b.lo && v <= b.hi;
}

static bool same_lines(const struct lines *want, const struct lines *got, const char *what)
{
	bool same = want->n == got->n;

	for (size_t i = 0; same && i < want->n; i++)
		same = !strcmp(want->v[i], got->v[i]);
	if (same)
		return true;
	print_message("# %s differs\n", what);
	for (size_t i = 0; i < MAX(want->n, got->n); i++)
		if (i >= want->n || i >= got->n || strcmp(want->v[i], got->v[i]) != 0)
			print_message("#   defined: %-50s bpftrace: %s\n",
				      i < want->n ? want->v[i] : "-", i < got->n ? got->v[i] : "-");
	return false;
}

static bool compare_map(const struct definition_values *values, const char *out)
{
	struct lines want = {.n = 0}, got = {.n = 0};
	const struct definition_map *m = values->map;
	bool good, clock = false;

	if (values->doubt)
		return true;
	for (size_t i = 0; i < values->n; i++) {
		expect_cell(&want, m, &values->cells[i]);
		clock = clock || values->cells[i].doubt == DEFINITION_CLOCK;
	}
	got_map(&got, m, out);
	/* A scalar that nothing counted is 0, printed or not. */
	if (!m->nparts && !want.n && got.n == 1 &&
	    (!strcmp(got.v[0], ": 0") || !strcmp(got.v[0], ": ")))
		free_lines(&got);
	if (clock) {
		good = want.n == got.n;
		for (size_t i = 0; good && i < got.n && !m->nparts; i++)
			good = within(m, &values->cells[i], got.v[i] + 2);
		if (!good)
			print_message("# %s is not within its bounds\n", m->name);
	} else {
		sort_lines(&want);
		sort_lines(&got);
		good = same_lines(&want, &got, m->name);
	}
	free_lines(&want);
	free_lines(&got);
	return good;
}

static bool compare_prints(const struct definition_result *r, const char *out)
{
	struct lines want = {.n = 0}, got = {.n = 0};
	bool good;

	for (size_t i = 0; i < r->nevents; i++) {
		struct strbuf text = STRBUF_INIT;

		if (r->events[i].text)
			add_bytes(&text, r->events[i].text);
		strbuf_replace(&text, "\n", "");
		strbuf_replace(&text, "\n", "");
		add_line(&want, "%s", text.s);
		strbuf_release(&text);
	}
	got_prints(&got, out);
	good = same_lines(&want, &got, "what it prints");
	free_lines(&want);
	free_lines(&got);
	return good;
}

static void agree(const char *script)
{
	static struct syscall_text texts[CALLS_MAX];
	struct definition_result result;
	struct definition *def;
	struct definition_words words = {.release = release, .order_ns = 1};
	struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	char pid[16];
	const char *params[] = {pid};
	bool good = true;

	run_beside(script, &out);
	snprintf(pid, sizeof(pid), "%u", account->records[0].pid);
	words.params = params;
	words.nparams = 1;
	complete_records(texts);
	if (definition_parse(&def, script, "script", &words, &why))
		fail_msg("%s", why.s);
	assert_int_equal(definition_run(def, account->records, account->n, &result), 0);
	for (size_t i = 0; i < result.nvalues; i++)
		good &= compare_map(&result.values[i], out.s);
	good &= compare_prints(&result, out.s);
	if (!good && getenv("DEFINITION_SHOW"))
		print_message("%s\n", out.s);
	definition_result_release(&result);
	definition_release(def);
	strbuf_release(&out);
	strbuf_release(&why);
	assert_true(good);
}

/* --- the scripts --- */

static void agrees(void **state)
{
	struct strbuf script = STRBUF_INIT;

	assert_int_equal(strbuf_read_file(&script, *state), 0);
	agree(script.s);
	strbuf_release(&script);
}

static int find_bpftrace(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	const char *given = getenv("BPFTRACE");
	const char *argv[] = {"sh", "-c", "exec $0 --version", NULL, NULL};

	bpftrace = given ? given : "bpftrace";
	argv[3] = bpftrace;
	account = mmap(NULL, sizeof(*account), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	assert_ptr_not_equal(account, MAP_FAILED);
	if (geteuid() != 0 || subproc_capture(argv, 60000, &out, NULL) != 0) {
		print_message("# %s\n", geteuid() ? "needs root" : "bpftrace is not installed");
		strbuf_release(&out);
		exit(77);
	}
	release = definition_release_of(out.s);
	print_message("# %s", out.s);
	strbuf_release(&out);
	return 0;
}

int main(void)
{
#define SCRIPT(name)                                                                               \
	{                                                                                          \
		name, agrees, NULL, NULL, (void *)"tests/fixtures/definition/" name ".bt"          \
	}
	const struct CMUnitTest tests[] = {
		SCRIPT("functions"), SCRIPT("integers"), SCRIPT("maps"),   SCRIPT("types"),
		SCRIPT("texts"),     SCRIPT("prints"),	 SCRIPT("probes"),
	};

	return cmocka_run_group_tests(tests, find_bpftrace, NULL);
}
