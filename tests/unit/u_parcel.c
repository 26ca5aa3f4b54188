/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a child has made arrives whole, or says why there is nothing; no descriptor is left over. */
#include "lib/base.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/parcel.h"

enum { FDS_SEEN = 2048 };

static size_t count_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < FDS_SEEN; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* @arg: how many pipes, each with its number in it. */
static int make_pipes(void *arg, struct parcel *out)
{
	for (int i = 0; i < *(int *)arg; i++) {
		int ends[2];

		if (pipe(ends) || write(ends[1], &i, sizeof(i)) != sizeof(i))
			return -errno;
		close(ends[1]);
		out->fd[out->nfds++] = ends[0];
	}
	memset(out->data, 0xa5, sizeof(out->data));
	return 0;
}

static int refuse(void *arg UNUSED, struct parcel *out)
{
	out->fd[out->nfds++] = 0;
	return -EPERM;
}

static int die(void *arg UNUSED, struct parcel *out UNUSED)
{
	_exit(0);
}

static void arrives(int pipes)
{
	size_t before = count_fds();
	struct parcel_child c;
	struct parcel p;

	assert_int_equal(parcel_begin(&c, make_pipes, &pipes), 0);
	assert_int_equal(parcel_end(&c, &p), 0);
	assert_int_equal(p.nfds, pipes);
	for (int i = 0, n; i < pipes; i++) {
		assert_int_equal(read(p.fd[i], &n, sizeof(n)), sizeof(n));
		assert_int_equal(n, i);
		assert_true(fcntl(p.fd[i], F_GETFD) & FD_CLOEXEC);
	}
	for (size_t i = 0; i < sizeof(p.data); i++)
		assert_int_equal(p.data[i], 0xa5);
	parcel_close(&p);
	assert_int_equal(count_fds(), before);
}

static void arrives_whole(void **state UNUSED)
{
	arrives(0);
	arrives(1);
	arrives(PARCEL_FDS);
}

static void says_why_not(void **state UNUSED)
{
	size_t before = count_fds();
	struct parcel_child c;
	struct parcel p;

	assert_int_equal(parcel_begin(&c, refuse, NULL), 0);
	assert_int_equal(parcel_end(&c, &p), -EPERM);
	assert_int_equal(p.nfds, 0);
	assert_int_equal(parcel_begin(&c, die, NULL), 0);
	assert_int_equal(parcel_end(&c, &p), -ECHILD);
	assert_int_equal(parcel_end(&c, &p), -ECHILD); /* nobody makes anything any more */
	assert_int_equal(count_fds(), before);
}

/* Who may have no more descriptors gets none, not some. */
static void all_or_none(void **state UNUSED)
{
	size_t before = count_fds();
	struct rlimit was, few;
	struct parcel_child c;
	struct parcel p;
	int pipes = 20, err;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(parcel_begin(&c, make_pipes, &pipes), 0);
	few = (struct rlimit){.rlim_cur = before + 6, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	err = parcel_end(&c, &p);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(err, -EMFILE);
	assert_int_equal(p.nfds, 0);
	assert_int_equal(count_fds(), before);
}

/* A child that nobody waits for has ended afterwards, too. */
static void dropped(void **state UNUSED)
{
	size_t before = count_fds();
	struct parcel_child c;
	int pipes = 3;

	assert_int_equal(parcel_begin(&c, make_pipes, &pipes), 0);
	parcel_drop(&c);
	parcel_drop(&c);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrives_whole),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
