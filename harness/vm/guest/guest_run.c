/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a command in the guest and passes on what it writes, line by line. */
#include "lib/base.h"
#include "harness/vm/guest/guest_run.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/vm/guest/guest_channel.h"
#include "lib/strbuf.h"

struct stream {
	int fd; /* -1 after its end */
	enum vm_kind whole, part;
	struct strbuf text; /* a line not yet ended */
};

static void pass_on(struct stream *s, const char *data, size_t len)
{
	const char *end = data + len, *nl;

	for (; (nl = memchr(data, '\n', (size_t)(end - data))); data = nl + 1) {
		strbuf_add(&s->text, data, (size_t)(nl - data));
		guest_send(s->whole, s->text.s, s->text.len);
		strbuf_reset(&s->text);
	}
	strbuf_add(&s->text, data, (size_t)(end - data));
}

static void take(struct stream *s)
{
	char data[4096];
	ssize_t n = read(s->fd, data, sizeof(data));

	if (n > 0) {
		pass_on(s, data, (size_t)n);
		return;
	}
	if (n < 0 && errno == EINTR)
		return;
	if (s->text.len)
		guest_send(s->part, s->text.s, s->text.len);
	close(s->fd);
	s->fd = -1;
}

static void relay(struct stream s[2])
{
	while (s[0].fd >= 0 || s[1].fd >= 0) {
		struct pollfd p[2] = {{.fd = s[0].fd, .events = POLLIN},
				      {.fd = s[1].fd, .events = POLLIN}};

		if (poll(p, 2, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (p[i].revents)
				take(&s[i]);
	}
}

int guest_run(char *const argv[])
{
	struct stream s[2] = {
		{-1, VM_STDOUT, VM_STDOUT_PART, STRBUF_INIT},
		{-1, VM_STDERR, VM_STDERR_PART, STRBUF_INIT},
	};
	int out[2], err[2], status = 0;
	pid_t pid;

	if (!argv[0]) {
		guest_sendf(VM_ERROR, "run: the plan names no command");
		return 127;
	}
	if (pipe(out) || pipe(err)) {
		guest_sendf(VM_ERROR, "run: no pipe: %s", strerror(errno));
		return 127;
	}
	pid = fork();
	if (pid < 0) {
		guest_sendf(VM_ERROR, "run: cannot fork: %s", strerror(errno));
		return 127;
	}
	if (!pid) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		for (int i = 0; i < 2; i++) {
			close(out[i]);
			close(err[i]);
		}
		execvp(argv[0], argv);
		dprintf(STDERR_FILENO, "guest: cannot run %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	s[0].fd = out[0];
	s[1].fd = err[0];
	relay(s);
	/* We are process 1: orphans end here too. */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	strbuf_release(&s[0].text);
	strbuf_release(&s[1].text);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
