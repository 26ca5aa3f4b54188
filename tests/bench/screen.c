/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pseudo-terminals with a clock. */
#include "lib/base.h"
#include "tests/bench/screen.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

enum { HEAD_BYTES = 65536, GRACE_MS = 3000 };

int screen_start(struct screen *s, const char *const argv[], const char *const env[],
		 unsigned short cols, unsigned short rows)
{
	struct winsize size = {.ws_col = cols, .ws_row = rows};
	int err;

	*s = (struct screen)SCREEN_INIT;
	s->started_ns = clock_ns();
	s->pid = forkpty(&s->fd, NULL, NULL, &size);
	if (s->pid < 0) {
		err = -errno;
		s->pid = 0;
		log_err_sys(err, "cannot start %s on a terminal", argv[0]);
		return err;
	}
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (; *env; env++)
			putenv((char *)*env);
		execvp(argv[0], (char *const *)argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	err = clock_getcpuclockid(s->pid, &s->cpu);
	if (err)
		log_err_sys(err, "the CPU clock of %s", argv[0]);
	return -err;
}

/* Waits for output until @deadline_ns: 1 when some was taken, 0 at the deadline, -EPIPE. */
static int take(struct screen *s, uint64_t deadline_ns)
{
	struct pollfd pfd = {.fd = s->fd, .events = POLLIN};
	char buf[16384];
	ssize_t n;

	for (;;) {
		uint64_t now = clock_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
		struct timespec ts = {(time_t)(left / NSEC_PER_SEC), (long)(left % NSEC_PER_SEC)};
		int ready = ppoll(&pfd, 1, &ts, NULL);

		if (!ready)
			return 0;
		if (ready > 0)
			break;
		if (errno != EINTR)
			return -EPIPE;
	}
	n = read(s->fd, buf, sizeof(buf));
	if (n <= 0) {
		s->ended = true;
		return -EPIPE;
	}
	s->last_ns = clock_ns();
	if (s->head.len < HEAD_BYTES)
		strbuf_add(&s->head, buf, MIN((size_t)n, HEAD_BYTES - s->head.len));
	return 1;
}

int screen_burst(struct screen *s, uint64_t quiet_ns, uint64_t deadline_ns)
{
	int ret = take(s, deadline_ns);

	if (ret != 1)
		return ret;
	do {
		ret = take(s, MIN(clock_ns() + quiet_ns, deadline_ns + quiet_ns));
	} while (ret == 1);
	return ret ? ret : 1;
}

int screen_until(struct screen *s, uint64_t deadline_ns)
{
	int ret;

	do {
		ret = take(s, deadline_ns);
	} while (ret == 1);
	return ret;
}

int screen_key(struct screen *s, const char *keys, uint64_t limit_ns, uint64_t *ns)
{
	uint64_t sent = clock_ns();
	int ret;

	if (write(s->fd, keys, strlen(keys)) < 0)
		return -EPIPE;
	ret = take(s, sent + limit_ns);
	*ns = s->last_ns - sent;
	return ret;
}

/* cutime + cstime of /proc/PID/stat, behind the name, which may hold anything. */
static uint64_t waited_for_ns(pid_t pid)
{
	unsigned long long user = 0, system = 0;
	struct strbuf sb = STRBUF_INIT;
	const char *at;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!strbuf_read_file(&sb, path) && (at = strrchr(sb.s, ')')) &&
	    sscanf(at,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %llu "
		   "%llu",
		   &user, &system) != 2)
		user = system = 0;
	strbuf_release(&sb);
	return (user + system) * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t screen_cpu_ns(const struct screen *s)
{
	struct timespec ts = {0};

	clock_gettime(s->cpu, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec + waited_for_ns(s->pid);
}

/* Reaps it within @ms, emptying the terminal meanwhile: a program may hang in its last words. */
static bool reap(struct screen *s, uint64_t ms, int *status)
{
	uint64_t end = clock_ns() + ms * NSEC_PER_MSEC;

	do {
		if (waitpid(s->pid, status, WNOHANG) == s->pid)
			return true;
		if (s->ended || take(s, clock_ns() + 10 * NSEC_PER_MSEC) == -EPIPE)
			clock_sleep_ns(NSEC_PER_MSEC);
	} while (clock_ns() < end);
	return false;
}

static void describe(const struct screen *s, int status, struct strbuf *how)
{
	size_t from = s->head.len > 200 ? s->head.len - 200 : 0;

	if (WIFEXITED(status))
		strbuf_addf(how, "exit code %d", WEXITSTATUS(status));
	else
		strbuf_addf(how, "killed by signal %d", WTERMSIG(status));
	strbuf_addstr(how, "; it wrote: ");
	for (size_t i = from; i < s->head.len; i++) {
		unsigned char c = (unsigned char)s->head.s[i];

		strbuf_addch(how, c >= ' ' && c < 127 ? c : ' ');
	}
}

void screen_end(struct screen *s, struct strbuf *how)
{
	int status = 0;

	if (s->pid > 0) {
		if (!s->ended)
			kill(s->pid, SIGTERM);
		if (!reap(s, GRACE_MS, &status)) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, &status, 0);
		}
		if (how)
			describe(s, status, how);
	}
	if (s->fd >= 0)
		close(s->fd);
	strbuf_release(&s->head);
	*s = (struct screen)SCREEN_INIT;
}
