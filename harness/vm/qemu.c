/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs QEMU within a time limit and takes apart what the guest says. */
#include "lib/base.h"
#include "harness/vm/qemu.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/why.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"

struct guest {
	const struct vm_boot *vm;
	struct subproc qemu;
	int out;	   /* the guest's lines: reading end of QEMU's stdout */
	int initrd;	   /* memory files: nothing to remove, whatever happens */
	int console, said; /* what the kernel says; what QEMU says */
	struct strbuf text;
	bool ended;
	int code;
};

static unsigned int memory_mib(const struct vm_boot *vm)
{
	return vm->memory_mib ? vm->memory_mib : 512;
}

/*
 * -icount shift=0,sleep=off    one instruction is 1 (2^0) ns of the guest's time; idle is skipped
 * -rtc base=..,clock=vm        no clock of the host is seen
 * -seed                        rdrand and the boot loader's random seed repeat
 *
 * What is the processor's own: harness/vm/processor.c.
 */
static int start_qemu(struct guest *g, int out)
{
	const struct vm_boot *vm = g->vm;
	const struct processor *cpu = vm->kernel->processor;
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	char memory[16], seed[24], initrd[32], unpacked[32], console[40], to[80], icount[32];
	struct strbuf append = STRBUF_INIT;
	const char *argv[48];
	size_t n = 0;
	int err;

	snprintf(memory, sizeof(memory), "%u", memory_mib(vm));
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)vm->seed);
	snprintf(initrd, sizeof(initrd), "/proc/self/fd/%d", g->initrd);
	snprintf(unpacked, sizeof(unpacked), "/proc/self/fd/%d", vm->kernel->unpacked);
	snprintf(console, sizeof(console), "/proc/self/fd/%d", g->console);
	snprintf(to, sizeof(to), "%s%s", cpu->console_to, console);
	snprintf(icount, sizeof(icount), "shift=%u,sleep=off", vm->shift);
#define ADD(...)                                                                                   \
	do {                                                                                       \
		const char *const words[] = {__VA_ARGS__};                                         \
		memcpy(argv + n, words, sizeof(words));                                            \
		n += ARRAY_SIZE(words);                                                            \
	} while (0)
	ADD(cpu->qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none");
	for (const char *const *w = cpu->words; *w; w++)
		ADD(*w);
	ADD("-m", memory, "-seed", seed, cpu->console, to);
	ADD("-kernel", vm->kernel->unpacked < 0 ? vm->kernel->path.s : unpacked, "-initrd", initrd);
	ADD("-accel", "tcg", "-icount", icount, "-rtc", "base=2026-01-01,clock=vm");
	strbuf_addf(&append, "%s%s%s", cpu->append, vm->append ? " " : "",
		    vm->append ? vm->append : "");
	ADD("-append", append.s);
	argv[n] = NULL;
#undef ADD
	opts.argv = argv;
	opts.why = vm->why;
	opts.stdout_fd = out;
	opts.stderr_fd = g->said;
	err = subproc_start(&g->qemu, &opts);
	strbuf_release(&append);
	return err;
}

/* Everything in memory file @fd, at most its last @max bytes, from a line's beginning. */
static void tail(int fd, size_t max, struct strbuf *out)
{
	off_t size = lseek(fd, 0, SEEK_END), from = MAX(size - (off_t)max, 0);
	char *text = malloc(max + 1);
	ssize_t n = text && size > 0 ? pread(fd, text, max, from) : 0;
	char *start = text;

	if (n > 0) {
		text[n] = '\0';
		if (from && strchr(text, '\n'))
			start = strchr(text, '\n') + 1;
		for (; *start; start++)
			if (*start != '\r')
				strbuf_addch(out, *start);
	}
	while (out->len && out->s[out->len - 1] == '\n')
		out->s[--out->len] = '\0';
	free(text);
}

static void take_line(struct guest *g, const char *line, size_t len)
{
	if (len < 3 || line[0] != '@' || line[2] != ' ')
		return; /* firmware writes there as well */
	switch (line[1]) {
	case VM_EXIT:
		g->code = atoi(line + 3);
		g->ended = true;
		break;
	case VM_ERROR: why_err(g->vm->why, "the guest: %.*s", (int)len - 3, line + 3); break;
	case VM_NOTE: log_dbg("the guest: %.*s", (int)len - 3, line + 3); break;
	default: g->vm->line(g->vm->arg, (enum vm_kind)line[1], line + 3, len - 3); break;
	}
}

/* Returns 1 while more may come, 0 at the end, -errno. */
static int take(struct guest *g)
{
	char data[16384];
	ssize_t n = read(g->out, data, sizeof(data));
	char *at, *nl;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	strbuf_add(&g->text, data, (size_t)n);
	at = g->text.s;
	while ((nl = memchr(at, '\n', g->text.len - (size_t)(at - g->text.s)))) {
		*nl = '\0';
		take_line(g, at, (size_t)(nl - at));
		at = nl + 1;
	}
	g->text.len -= (size_t)(at - g->text.s);
	memmove(g->text.s, at, g->text.len + 1);
	return n > 0;
}

enum { LOOK_MS = 100 };

static int listen_to(struct guest *g)
{
	uint64_t end = clock_ns() + g->vm->timeout_s * NSEC_PER_SEC;
	struct pollfd p = {.fd = g->out, .events = POLLIN};
	int more = 1;

	/* Switching itself off is a twelfth of a boot, and nothing follows its exit code. */
	while (more > 0 && !g->ended) {
		uint64_t now = clock_ns();
		int n;

		if (now >= end)
			return -ETIMEDOUT;
		/* A signal that came before the wait does not end it. */
		if (g->vm->interrupted && g->vm->interrupted())
			return -EINTR;
		n = poll(&p, 1, (int)MIN((end - now) / NSEC_PER_MSEC + 1, LOOK_MS));
		if (n < 0 && !g->vm->interrupted)
			return -EINTR;
		if (n > 0)
			more = take(g);
	}
	return MIN(more, 0);
}

static void explain(struct guest *g, int err)
{
	struct strbuf how = STRBUF_INIT, console = STRBUF_INIT, said = STRBUF_INIT;

	tail(g->said, 2000, &said);
	tail(g->console, 1500, &console);
	subproc_describe(&g->qemu, &how);
	if (err == -ETIMEDOUT)
		why_err(g->vm->why,
			"the guest was ended after %u s without a result: a busy machine (try -o "
			"timeout=N), or a kernel that hangs: %s",
			g->vm->timeout_s, g->vm->kernel->path.s);
	else
		why_err(g->vm->why, "the guest ended without a result (QEMU: %s): %s", how.s,
			g->vm->kernel->path.s);
	if (said.len)
		why_err(g->vm->why, "QEMU said: %s", said.s);
	if (console.len)
		why_err(g->vm->why, "its console ended with:\n%s", console.s);
	strbuf_release(&how);
	strbuf_release(&console);
	strbuf_release(&said);
}

/* The kernel's word for it, "Out of memory: Killed process 71 (wl) ..", or "" . */
static void out_of_memory(struct guest *g, struct strbuf *line)
{
	struct strbuf console = STRBUF_INIT;
	const char *at;

	tail(g->console, 65536, &console);
	at = strstr(console.s, "ut of memory");
	while (at && at > console.s && at[-1] != '\n' && at[-1] != ']')
		at--;
	if (at)
		strbuf_add(line, at + (*at == ' '), strcspn(at + (*at == ' '), "\n"));
	strbuf_release(&console);
}

static void tell_out_of_memory(struct guest *g)
{
	struct strbuf line = STRBUF_INIT;

	out_of_memory(g, &line);
	if (line.len)
		why_err(g->vm->why,
			"the guest's %u MiB of memory were too few (more: vm -m N, exact -o "
			"memory=N): %s",
			memory_mib(g->vm), line.s);
	strbuf_release(&line);
}

/* Inherited by QEMU, which opens it by number. */
static int memory_file(const char *name)
{
	int fd = memfd_create(name, 0);

	return fd < 0 ? -errno : fd;
}

static int prepare(struct guest *g)
{
	int err;

	g->initrd = memory_file("initrd");
	g->console = memory_file("console");
	g->said = memory_file("qemu");
	if (g->initrd < 0 || g->console < 0 || g->said < 0)
		return MIN(MIN(g->initrd, g->console), g->said);
	err = initrd_write(g->vm->initrd, g->initrd);
	return err;
}

int vm_boot(const struct vm_boot *vm, int *code)
{
	struct guest g = {.vm = vm,
			  .qemu = SUBPROC_INIT,
			  .out = -1,
			  .initrd = -1,
			  .console = -1,
			  .said = -1,
			  .text = STRBUF_INIT};
	struct strbuf why = STRBUF_INIT;
	int pipes[2] = {-1, -1}, err;

	err = vm_can_boot(vm->kernel->processor, &why);
	if (err) {
		why_err(vm->why, "%s", why.s);
		goto out;
	}
	err = prepare(&g);
	if (!err && pipe2(pipes, O_CLOEXEC))
		err = -errno;
	if (err) {
		why_err_sys(vm->why, err, "cannot prepare the guest");
		goto out;
	}
	g.out = pipes[0];
	err = start_qemu(&g, pipes[1]);
	close(pipes[1]);
	if (err)
		goto out;
	err = listen_to(&g);
	if (!err && !g.ended)
		subproc_wait(&g.qemu, 2000);
	subproc_kill(&g.qemu, 0);
	if (!err && !g.ended)
		err = -EPROTO;
	if (err && err != -EINTR)
		explain(&g, err);
	if (err != -EINTR)
		tell_out_of_memory(&g);
	*code = g.code;
out:
	subproc_release(&g.qemu);
	for (int *fd = (int[]){g.out, g.initrd, g.console, g.said, -2}; *fd != -2; fd++)
		if (*fd >= 0)
			close(*fd);
	strbuf_release(&g.text);
	strbuf_release(&why);
	return err;
}

int vm_can_boot(const struct processor *p, struct strbuf *why)
{
	char path[512];

	if (!subproc_find_program(p->qemu, path, sizeof(path)))
		return 0;
	strbuf_addf(why, "no %s; run: %s", p->qemu, p->get);
	return -ENOTSUP;
}

int vm_supported(struct strbuf *why)
{
	const struct processor *own = processor_own();
	struct strbuf ignored = STRBUF_INIT;
	int err = -ENOTSUP;

	for (const struct processor *const *p = processors; *p && err; p++)
		err = vm_can_boot(*p, &ignored);
	strbuf_release(&ignored);
	if (err)
		vm_can_boot(own ? own : processors[0], why);
	return err;
}
