/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the process has once: its options, the next providers, its segment.
 *
 * `memprof run` gives the options in one variable of the environment, MEMPROF_RUN, words with
 * commas between: mode=, rate=, trailer=, live=, stacks=, shards=, follow=, memo=, threads=,
 * socket=. The socket is an abstract name, so that there is nothing to clean up; the segment goes
 * there as a descriptor, once, and is not needed here after it was mapped: a program that closes
 * all descriptors loses nothing.
 *
 * Without the variable, or where no segment can be had, everything is passed on and nothing
 * counted.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "memprof/preload/table.h"

struct memprof memprof = {.lock_token = 1};
extern char **environ;

void *map_private(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* --- the reserve ----------------------------------------------------------------------------- */

_Alignas(4096) char reserve[RESERVE_BYTES];
static size_t reserve_used;

void *reserve_take(size_t size, size_t align)
{
	size_t at = reserve_used + 16;

	align = align < 16 ? 16 : align;
	at = (at + align - 1) & ~(align - 1);
	if (size > sizeof(reserve) || at + size > sizeof(reserve)) {
		errno = ENOMEM;
		return NULL;
	}
	memcpy(reserve + at - 8, &size, sizeof(size));
	reserve_used = at + size;
	return reserve + at;
}

size_t reserve_size(const void *p)
{
	size_t size;

	memcpy(&size, (const char *)p - 8, sizeof(size));
	return size;
}

/* --- files ----------------------------------------------------------------------------------- */

/* At most @size - 1 bytes of a file; returns how many. libc's own open() and read() are points
 * where a thread can be cancelled. */
static size_t read_file(const char *path, char *out, size_t size)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), got;
	size_t n = 0;

	if (fd >= 0) {
		while (n < size - 1 && (got = syscall(SYS_read, fd, out + n, size - 1 - n)) > 0)
			n += (size_t)got;
		syscall(SYS_close, fd);
	}
	out[n] = '\0';
	return n;
}

/* --- options --------------------------------------------------------------------------------- */

static const char *value_of(const char *options, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = options; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, len) && p[len] == '=')
			return p + len + 1;
	return NULL;
}

static uint64_t number_of(const char *options, const char *name, uint64_t otherwise)
{
	const char *v = value_of(options, name);
	uint64_t n = 0;

	if (!v)
		return otherwise;
	for (; *v >= '0' && *v <= '9'; v++)
		n = n * 10 + (uint64_t)(*v - '0');
	return n;
}

/* libc may have no environment yet when its loader allocates. */
static const char *options_text(void)
{
	static char text[8192];
	size_t n;

	if (environ)
		return getenv("MEMPROF_RUN");
	n = read_file("/proc/self/environ", text, sizeof(text));
	for (char *p = text; p < text + n; p += strlen(p) + 1)
		if (!strncmp(p, "MEMPROF_RUN=", 12))
			return p + 12;
	return NULL;
}

static uint32_t power_of_two(uint64_t n, uint32_t low, uint32_t high)
{
	uint32_t p = low;

	while (p < n && p < high)
		p *= 2;
	return p;
}

static bool read_options(void)
{
	const char *o = options_text(), *socket_name, *mode;
	size_t n;

	if (!o || !(socket_name = value_of(o, "socket")) || !(mode = value_of(o, "mode")))
		return false;
	n = strcspn(socket_name, ",");
	if (!n || n >= sizeof(memprof.socket))
		return false;
	memcpy(memprof.socket, socket_name, n);
	memprof.mode = *mode == 'e'   ? SEGMENT_EXACT
		       : *mode == 'c' ? SEGMENT_COUNTS
				      : SEGMENT_SAMPLED;
	memprof.rate = number_of(o, "rate", 512 << 10);
	memprof.rate += !memprof.rate;
	memprof.trailer = memprof.mode == SEGMENT_EXACT && number_of(o, "trailer", 0) ? 8 : 0;
	/* Always set: 0 is no trailer. */
	memprof.trailer_salt = 1ULL << 40;
	memprof.live_lines = power_of_two(number_of(o, "live", 1 << 19), 128, 1 << 26);
	/* Number 0 is no stack. */
	n = number_of(o, "stacks", 65536) + 1;
	memprof.stacks_max = (uint32_t)(n < 2			 ? 2
					: n > SEGMENT_STACKS_MAX ? SEGMENT_STACKS_MAX
								 : n);
	memprof.last_number = memprof.stacks_max - 1;
	n = number_of(o, "shards", SEGMENT_SHARDS);
	memprof.shards_max = (uint32_t)(n < 2 ? 2 : n > SEGMENT_SHARDS ? SEGMENT_SHARDS : n);
	memprof.no_follow = !number_of(o, "follow", 1);
	memprof.memo = number_of(o, "memo", 1);
	memprof.by_thread = number_of(o, "threads", 0);
	return true;
}

/* --- providers ------------------------------------------------------------------------------- */

static bool find_providers(void)
{
	static const struct {
		const char *name;
		size_t offset;
	} table[] = {
		{"malloc", offsetof(struct provider, malloc)},
		{"calloc", offsetof(struct provider, calloc)},
		{"realloc", offsetof(struct provider, realloc)},
		{"memalign", offsetof(struct provider, memalign)},
		{"aligned_alloc", offsetof(struct provider, aligned_alloc)},
		{"posix_memalign", offsetof(struct provider, posix_memalign)},
		{"free", offsetof(struct provider, free)},
		{"malloc_usable_size", offsetof(struct provider, malloc_usable_size)},
		{"dlclose", offsetof(struct provider, dlclose)},
		{"pthread_getattr_np", offsetof(struct provider, getattr)},
		{"prctl", offsetof(struct provider, prctl)},
		{"execvpe", offsetof(struct provider, execvpe)},
		{"posix_spawn", offsetof(struct provider, posix_spawn)},
		{"posix_spawnp", offsetof(struct provider, posix_spawnp)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		void *f = dlsym(RTLD_NEXT, table[i].name);

		if (!f)
			return false;
		memcpy((char *)&memprof.next + table[i].offset, &f, sizeof(f));
	}
	return true;
}

/* A trailer lies where only glibc's blocks have it. */
static bool provider_is_libc(void)
{
	Dl_info malloc_info, libc_info;
	void *known = dlsym(RTLD_NEXT, "gnu_get_libc_version");

	return known && dladdr(known, &libc_info) &&
	       dladdr((void *)memprof.next.malloc, &malloc_info) &&
	       malloc_info.dli_fbase == libc_info.dli_fbase;
}

/* --- the segment ----------------------------------------------------------------------------- */

static void lay_out(struct segment_header *h, uint32_t shards)
{
	h->magic = SEGMENT_MAGIC;
	h->version = SEGMENT_VERSION;
	h->header_size = sizeof(*h);
	h->mode = memprof.mode;
	h->trailer = memprof.trailer;
	h->rate = memprof.mode == SEGMENT_SAMPLED ? memprof.rate : 0;
	h->modules_max = SEGMENT_MODULES;
	h->stacks_max = memprof.stacks_max;
	h->pcs_max = memprof.stacks_max * SEGMENT_PCS_PER_STACK;
	h->shards_max = shards;
	segment_lay_out(h);
}

static void describe_process(struct segment_header *h)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	h->start_ns = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
	h->pid = (uint32_t)syscall(SYS_getpid);
	h->parent = (uint32_t)syscall(SYS_getppid);
	h->forked = memprof.needs_segment;
	h->state = SEGMENT_RUNS;
	prctl(PR_GET_NAME, h->comm);
	h->command_line_len =
		(uint32_t)read_file("/proc/self/cmdline", h->command_line, sizeof(h->command_line));
	read_file("/proc/self/cgroup", h->cgroup, sizeof(h->cgroup));
	h->epoch = 1;
	h->peak_epoch = 1;
}

static bool send_segment(int fd)
{
	struct segment_hello hello = {SEGMENT_MAGIC, SEGMENT_VERSION,
				      (uint32_t)syscall(SYS_getpid)};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct iovec iov = {&hello, sizeof(hello)};
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					   strlen(memprof.socket)),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct timeval patience = {.tv_sec = 10};
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long sent;

	if (s < 0)
		return false;
	memcpy(to.sun_path + 1, memprof.socket, strlen(memprof.socket));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	/* A collector that is stopped must not stop others for ever. */
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	do
		sent = syscall(SYS_sendmsg, s, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	syscall(SYS_close, s);
	return sent == (long)sizeof(hello);
}

static uint64_t limit_of(int what)
{
	struct rlimit limit;

	return getrlimit((__rlimit_resource_t)what, &limit) || limit.rlim_cur == RLIM_INFINITY
		       ? UINT64_MAX
		       : limit.rlim_cur;
}

uint64_t space_limit(void)
{
	return limit_of(RLIMIT_AS) / 8;
}

enum { STACKS_MIN = 1024 }; /* no fewer are tried */

static struct segment_header *make_segment(void)
{
	struct segment_header layout = {0}, *h = MAP_FAILED;
	/* To go beyond the limit of a file is a signal. */
	const uint64_t most = MIN(limit_of(RLIMIT_FSIZE), space_limit());
	uint32_t shards = memprof.shards_max;
	int fd = (int)syscall(SYS_memfd_create, "memprof", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return NULL;
	/* Where that is too much, fewer threads have a shard of their own, then there are fewer
	 * stacks. */
	for (;;) {
		lay_out(&layout, shards);
		if (layout.size <= most && !ftruncate(fd, (off_t)layout.size))
			h = mmap(NULL, layout.size, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_NORESERVE, fd, 0);
		if (h != MAP_FAILED || (shards < 4 && memprof.stacks_max <= STACKS_MIN))
			break;
		*(shards < 4 ? &memprof.stacks_max : &shards) /= 2;
	}
	memprof.last_number = memprof.stacks_max - 1;
	if (h != MAP_FAILED) {
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
		*h = layout;
		describe_process(h);
		if (!send_segment(fd)) {
			munmap(h, layout.size);
			h = MAP_FAILED;
		}
	}
	syscall(SYS_close, fd);
	memprof.alone = true;
	return h == MAP_FAILED ? NULL : h;
}

/* --- life ------------------------------------------------------------------------------------ */

static void go_off(void)
{
	memprof.off = true;
	memprof.free_mask = 0xffff;
}

static __attribute__((destructor(101))) void before_exit(void)
{
	struct timespec now;

	if (!memprof.ready || memprof.off || memprof.needs_segment)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	memprof.head->end_ns = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
	memprof.head->state = SEGMENT_EXITED;
}

/* In the child, which has this thread alone. What was locked stays so for the parent's token. */
static void after_fork(void)
{
	struct thread *t = &thread;

	memprof.lock_token++;
	memprof.lock_token += !memprof.lock_token;
	if (memprof.off || !memprof.ready)
		return;
	if (memprof.no_follow) {
		go_off();
	} else if (!memprof.needs_segment) {
		memprof.id_base += memprof.head->nstacks + 1;
		memprof.needs_segment = true;
	}
	t->phase = PHASE_NEW;
	t->left = 0;
}

static bool filtered(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
}

void process_new_segment(void)
{
	struct segment_header *old = memprof.head;
	const uint64_t size = old->size;

	/* Of the parent's, what counts losses is there until this process has its own. */
	munmap((char *)old + SEGMENT_PAGE, size - SEGMENT_PAGE);
	/* A filter that the program itself has set may kill who makes a memfd or a socket. */
	memprof.head = memprof.filtered || !filtered() ? make_segment() : NULL;
	if (!memprof.head)
		__atomic_fetch_add(&old->losses[LOSS_CHILDREN], 1, __ATOMIC_RELAXED);
	munmap(old, SEGMENT_PAGE);
	memprof.needs_segment = false;
	/* The other threads are not here. */
	memset(memprof.shard_taken, 0, sizeof(memprof.shard_taken));
	if (memprof.id_base + memprof.stacks_max >= 1U << TABLE_ID_BITS) {
		/* Too many generations: the numbers of all that is inherited become one. */
		table_relabel();
		memprof.trailer_salt += 1ULL << 41;
		memprof.id_base = 2;
	}
	if (!memprof.head || !stacks_start())
		go_off();
}

/* --no-follow: programs that this one starts are not looked at. */
static void forget_environment(void)
{
	Dl_info own;
	size_t len;

	if (!environ || !dladdr(&memprof, &own))
		return;
	len = strlen(own.dli_fname);
	for (char **e = environ; *e; e++) {
		char *list = *e + 11;

		if (!strncmp(*e, "MEMPROF_RUN=", 12))
			(*e)[12] = '\0';
		if (strncmp(*e, "LD_PRELOAD=", 11) || strncmp(list, own.dli_fname, len))
			continue;
		if (list[len] == ':' || list[len] == ' ')
			memmove(list, list + len + 1, strlen(list + len));
		else if (!list[len])
			*list = '\0';
	}
}

/* The calls of a program go where this one's go. */
extern void *any_malloc(size_t size) __asm__("malloc");
extern void any_free(void *p) __asm__("free");

static bool start(void)
{
	struct thread *t = &thread;
	uint64_t left = t->left;
	void *p;

	if (!read_options() || !find_providers())
		return false;
	if (memprof.trailer && !provider_is_libc())
		memprof.trailer = 0;
	memprof.filtered = filtered();
	memprof.head = make_segment();
	if (!memprof.head || !stacks_start() || !thread_key_create())
		return false;
	if (memprof.mode != SEGMENT_COUNTS &&
	    !table_start(memprof.live_lines, memprof.mode == SEGMENT_EXACT && !memprof.trailer,
			 memprof.mode == SEGMENT_SAMPLED))
		return false;
	memprof.timed = memprof.mode != SEGMENT_COUNTS;
	if (memprof.mode == SEGMENT_SAMPLED)
		memprof.free_mask = 0xffff;
	/* It comes back here, where the reserve answers: or the program has its own. */
	p = any_malloc(1);
	memprof.head->foreign_malloc = !reserve_owns(p);
	any_free(p);
	t->left = left;
	entry_choose_ways();
	pthread_atfork(NULL, NULL, after_fork);
	return true;
}

void process_start(void)
{
	static bool starting;
	int err = errno;

	if (memprof.ready || starting)
		return;
	starting = true;
	if (!start()) {
		if (!memprof.next.malloc && !find_providers())
			syscall(SYS_exit_group, 127);
		go_off();
	}
	__atomic_store_n(&memprof.ready, true, __ATOMIC_RELEASE);
	errno = err;
}

static __attribute__((constructor(101))) void loaded(void)
{
	process_start();
	/* Only now is the environment libc's. */
	if (memprof.no_follow || memprof.off)
		forget_environment();
	else
		exec_start();
}
