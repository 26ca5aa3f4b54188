/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Child processes: start, wait with a deadline, end, describe; running a command for its output. */
#include "lib/base.h"
#include "lib/subproc.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/why.h"

enum { EXEC_FAILED = 127 };

int subproc_find_program(const char *program, char *path, size_t size)
{
	const char *dirs = getenv("PATH");
	int err = -ENOENT;

	if (!*program)
		return -ENOENT;
	if (strchr(program, '/')) {
		if (snprintf(path, size, "%s", program) >= (int)size)
			return -ENAMETOOLONG;
		return access(path, X_OK) ? -errno : 0;
	}
	if (!dirs)
		dirs = "/usr/local/bin:/usr/bin:/bin";
	while (*dirs) {
		size_t len = strcspn(dirs, ":");
		struct stat st;

		if (len && snprintf(path, size, "%.*s/%s", (int)len, dirs, program) < (int)size &&
		    !stat(path, &st) && S_ISREG(st.st_mode)) {
			if (!access(path, X_OK))
				return 0;
			err = -EACCES;
		}
		dirs += len + (dirs[len] == ':');
	}
	return err;
}

static void default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void redirect(const struct subproc_opts *opts)
{
	int null_fd = -1;

	if (opts->stdin_fd >= 0)
		dup2(opts->stdin_fd, STDIN_FILENO);
	else if ((null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) > STDIN_FILENO)
		dup2(null_fd, STDIN_FILENO);
	if (opts->stdout_fd >= 0)
		dup2(opts->stdout_fd, STDOUT_FILENO);
	if (opts->stderr_fd >= 0)
		dup2(opts->stderr_fd, STDERR_FILENO);
	if (null_fd > STDERR_FILENO)
		close(null_fd);
}

static void __attribute__((noreturn))
child_process(const struct subproc_opts *opts, const char *path, char **env, pid_t parent,
	      int report_fd)
{
	int code = 0, err;

	/* The parent may have died before prctl() took effect. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXEC_FAILED);
	setpgid(0, 0);
	default_signals();
	redirect(opts);
	if (opts->child)
		code = opts->child(opts->arg);
	if (!opts->argv || code < 0)
		_exit(code);
	execve(path, (char *const *)(uintptr_t)opts->argv, env);
	err = errno;
	if (write(report_fd, &err, sizeof(err)) != sizeof(err))
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

static bool names_one_of(const char *entry, const char *const *extra)
{
	for (; extra && *extra; extra++) {
		size_t len = strcspn(*extra, "=");

		if (!strncmp(entry, *extra, len) && entry[len] == '=')
			return true;
	}
	return false;
}

/* environ, where the additional strings take the place of their namesakes: of two equal names
 * getenv() takes the first and dash the last. NULL: out of memory. */
static char **merge_env(const char *const *extra)
{
	size_t n = 0, m = 0, to = 0;
	char **env;

	while (environ[n])
		n++;
	while (extra && extra[m])
		m++;
	env = calloc(n + m + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!names_one_of(environ[i], extra))
			env[to++] = environ[i];
	}
	for (size_t i = 0; i < m; i++)
		env[to++] = (char *)(uintptr_t)extra[i];
	return env;
}

/* An exec() without a gate before it ends at once, one way or the other. */
static int exec_result(struct subproc *p)
{
	int err = 0;
	ssize_t n;

	do
		n = read(p->exec_fd, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == sizeof(err) ? err : 0;
}

static int spawn(struct subproc *p, const struct subproc_opts *opts, const char *path, char **env)
{
	int fds[2] = {-1, -1}, err;
	pid_t parent = getpid(), pid;

	if (opts->argv && pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		err = -errno;
		if (opts->argv) {
			close(fds[0]);
			close(fds[1]);
		}
		return err;
	}
	if (!pid)
		child_process(opts, path, env, parent, fds[1]);
	setpgid(pid, pid); /* in the child too: whoever comes first */
	*p = (struct subproc){.pid = pid, .pidfd = -1, .exec_fd = fds[0]};
	if (opts->argv)
		close(fds[1]);
	p->pidfd = pidfd_open(pid, 0);
	return p->pidfd < 0 ? -errno : 0;
}

int subproc_start(struct subproc *p, const struct subproc_opts *opts)
{
	const char *what = opts->argv ? opts->argv[0] : "a child process";
	char path[PATH_MAX] = "", **env = NULL;
	int err = 0;

	*p = (struct subproc)SUBPROC_INIT;
	if (opts->argv) {
		err = subproc_find_program(opts->argv[0], path, sizeof(path));
		if (err == -ENOENT) {
			why_err(opts->why, "no such program: %s", what);
			return err;
		}
		env = merge_env(opts->env);
		if (!err && !env)
			err = -ENOMEM;
	}
	if (!err)
		err = spawn(p, opts, path, env);
	if (!err && opts->argv && !opts->child) {
		err = -exec_result(p);
		if (!err) {
			close(p->exec_fd);
			p->exec_fd = -1;
		}
	}
	if (err) {
		why_err_sys(opts->why, err, "cannot start %s", what);
		subproc_release(p);
	}
	free(env);
	return err;
}

static int reap(struct subproc *p)
{
	struct pollfd report = {.fd = p->exec_fd, .events = POLLIN};
	int err;

	/* As long as the child is not reaped its number cannot become somebody else's group. */
	kill(-p->pid, SIGKILL);
	while (wait4(p->pid, &p->status, 0, &p->ru) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	p->reaped = true;
	if (p->exec_fd >= 0) {
		if (poll(&report, 1, 0) == 1 && read(p->exec_fd, &err, sizeof(err)) == sizeof(err))
			p->exec_err = err;
		close(p->exec_fd);
		p->exec_fd = -1;
	}
	return 0;
}

int subproc_wait(struct subproc *p, int timeout_ms)
{
	struct pollfd pfd = {.fd = p->pidfd, .events = POLLIN};
	int n;

	if (p->reaped)
		return 0;
	if (!p->pid)
		return -ECHILD;
	n = poll(&pfd, 1, timeout_ms);
	if (n < 0)
		return -errno;
	return n ? reap(p) : -ETIMEDOUT;
}

/* For poll(): what is left until @end of a wait that began with @timeout_ms (-1: for ever). */
static int ms_left(int timeout_ms, uint64_t end)
{
	uint64_t now = clock_ns();

	if (timeout_ms < 0)
		return -1;
	return now < end ? (int)((end - now) / NSEC_PER_MSEC) + 1 : 0;
}

/* subproc_wait() that a signal to us does not shorten. */
static int wait_through(struct subproc *p, int timeout_ms)
{
	uint64_t end = clock_ns() + (uint64_t)timeout_ms * NSEC_PER_MSEC;
	int err;

	do
		err = subproc_wait(p, ms_left(timeout_ms, end));
	while (err == -EINTR);
	return err;
}

void subproc_kill(struct subproc *p, int grace_ms)
{
	if (!p->pid || p->reaped)
		return;
	if (p->pidfd >= 0 && grace_ms > 0) {
		kill(-p->pid, SIGTERM);
		if (!wait_through(p, grace_ms))
			return;
	}
	kill(-p->pid, SIGKILL);
	kill(p->pid, SIGKILL); /* in case it left the group */
	reap(p);
}

void subproc_release(struct subproc *p)
{
	subproc_kill(p, 0);
	if (p->pidfd >= 0)
		close(p->pidfd);
	if (p->exec_fd >= 0)
		close(p->exec_fd);
	p->pidfd = p->exec_fd = -1;
	p->pid = 0;
}

void subproc_describe(const struct subproc *p, struct strbuf *out)
{
	if (!p->reaped)
		strbuf_addstr(out, p->pid ? "still running" : "not started");
	else if (p->exec_err)
		strbuf_addf(out, "could not be executed: %s", strerror(p->exec_err));
	else if (WIFSIGNALED(p->status))
		strbuf_addf(out, "killed by signal %d (%s)", WTERMSIG(p->status),
			    strsignal(WTERMSIG(p->status)));
	else
		strbuf_addf(out, "exit code %d", WEXITSTATUS(p->status));
}

/* Appends what is there. False once nothing more will come. */
static bool take(int fd, struct strbuf *sb)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		strbuf_add(sb, buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Reads both streams until they end or the child has ended and they are empty. */
static int collect(struct subproc *p, int timeout_ms, int fds[2], struct strbuf *sb[2])
{
	struct pollfd pfds[3] = {{.fd = fds[0], .events = POLLIN},
				 {.fd = fds[1], .events = POLLIN},
				 {.fd = p->pidfd, .events = POLLIN}};
	uint64_t end = clock_ns() + (uint64_t)timeout_ms * NSEC_PER_MSEC;

	while (pfds[0].fd >= 0 || pfds[1].fd >= 0) {
		int n = poll(pfds, 3, ms_left(timeout_ms, end));

		if (n <= 0)
			return n ? -errno : -ETIMEDOUT;
		for (int i = 0; i < 2; i++) {
			if (pfds[i].revents && !take(pfds[i].fd, sb[i]))
				pfds[i].fd = -1;
		}
		/* Descendants may hold the pipes open for ever. */
		if (pfds[2].revents && !pfds[0].revents && !pfds[1].revents)
			break;
	}
	return subproc_wait(p, ms_left(timeout_ms, end));
}

int subproc_capture(const char *const argv[], int timeout_ms, struct strbuf *out,
		    struct strbuf *err)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc p = SUBPROC_INIT;
	int pipes[2][2] = {{-1, -1}, {-1, -1}};
	int fds[2], ret = 0;

	opts.argv = argv;
	if (pipe2(pipes[0], O_CLOEXEC) || (err && pipe2(pipes[1], O_CLOEXEC))) {
		ret = -errno;
		log_err_sys(ret, "cannot start %s", argv[0]);
		goto out;
	}
	opts.stdout_fd = pipes[0][1];
	opts.stderr_fd = pipes[1][1];
	ret = subproc_start(&p, &opts);
	if (ret)
		goto out;
	for (int i = 0; i < 2; i++) {
		if (pipes[i][1] >= 0)
			close(pipes[i][1]);
		pipes[i][1] = -1;
		fds[i] = pipes[i][0];
	}
	ret = collect(&p, timeout_ms, fds, (struct strbuf *[]){out, err});
	if (ret)
		goto out;
	ret = WIFSIGNALED(p.status) ? 128 + WTERMSIG(p.status) : WEXITSTATUS(p.status);
out:
	subproc_release(&p);
	for (int i = 0; i < 4; i++) {
		if (pipes[i / 2][i % 2] >= 0)
			close(pipes[i / 2][i % 2]);
	}
	return ret;
}
