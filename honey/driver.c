/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * C to an object through clang. It runs in a folder of its own that holds the C and copies of the
 * sources, so that the object says the same wherever honeyc was started, and its BTF can quote the
 * .ex lines.
 */
#include "lib/base.h"
#include "honey/honey.h"
#include "honey/processor.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "honey/diag.h"
#include "honey/lex.h"
#include "honey/strip.h"
#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/strbuf.h"

struct workdir {
	char path[PATH_MAX];
	const char *files[256]; /* to remove again */
	size_t n_files;
};

static char *in_dir(struct honey *h, const struct workdir *w, const char *name)
{
	return fmt(h, "%s/%s", w->path, name);
}

static int write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), err;

	if (fd < 0)
		return -errno;
	err = fd_write_all(fd, data, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int add_file(struct honey *h, struct workdir *w, const char *name, const void *data,
		    size_t len)
{
	char *path = in_dir(h, w, name);
	int err = write_file(path, data, len);

	if (err)
		log_err_sys(err, "cannot write %s", path);
	if (w->n_files < ARRAY_SIZE(w->files))
		w->files[w->n_files++] = path;
	return err;
}

/* Runs argv[0] in the folder with its stderr in @log. Returns its exit status, or -errno when it
 * could not be run. */
static int run(struct honey *h, const struct workdir *w, char *const argv[], const char *log)
{
	int status = 0, pipe_fd[2], err = 0;
	pid_t pid;

	(void)h;
	if (pipe2(pipe_fd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd >= 0) {
			dup2(fd, STDERR_FILENO);
			dup2(fd, STDOUT_FILENO);
		}
		if (!chdir(w->path))
			execvp(argv[0], argv);
		err = errno;
		if (write(pipe_fd[1], &err, sizeof(err)) < 0)
			_exit(126);
		_exit(127);
	}
	close(pipe_fd[1]);
	if (pid < 0) {
		err = errno;
	} else {
		if (read(pipe_fd[0], &err, sizeof(err)) != sizeof(err))
			err = 0;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pipe_fd[0]);
	if (err)
		return -err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Without its DWARF where that can be taken off: else the object is only larger. */
static int copy_out(const char *from, const char *to)
{
	struct strbuf sb = STRBUF_INIT, bare = STRBUF_INIT;
	int err = strbuf_read_file(&sb, from);

	if (err)
		log_err_sys(err, "cannot read what clang wrote");
	else
		err = honey_put(strip_debug(sb.s, sb.len, &bare) ? &sb : &bare, to);
	strbuf_release(&bare);
	strbuf_release(&sb);
	return err;
}

static void show_log(const char *log)
{
	struct strbuf sb = STRBUF_INIT;

	if (!strbuf_read_file(&sb, log))
		fputs(sb.s, stderr);
	strbuf_release(&sb);
}

static bool has_main(const struct honey *h)
{
	for (uint32_t i = 0; i < h->module.n_funcs; i++)
		if (h->module.funcs[i]->handler && !strcmp(h->module.funcs[i]->name->s, "main"))
			return true;
	return false;
}

static int compile(struct honey *h, struct workdir *w, const char *c_name, const char *out)
{
	const char *clang = h->opt.clang ? h->opt.clang : getenv("CLANG");
	char *object = in_dir(h, w, "out.o"), *log = in_dir(h, w, "log");
	char *argv[] = {(char *)(clang && *clang ? clang : "clang"), "-g", "-O2", "-target",
			(char *)h->opt.processor->target, "-fwrapv",
			/* A hosted main() would have to take argc and argv. */
			has_main(h) ? "-ffreestanding" : "-fhosted", "-w", "-fno-caret-diagnostics",
			"-fno-show-column", "-fdebug-compilation-dir=.", "-c", "-o", "out.o",
			(char *)c_name, NULL};
	int status;

	w->files[w->n_files++] = object;
	w->files[w->n_files++] = log;
	status = run(h, w, argv, log);
	if (status < 0) {
		log_err("cannot run %s: %s; install clang (sudo apt-get install clang), or name "
			"one with "
			"--clang or CLANG",
			argv[0], strerror(-status));
		return EXIT_USAGE;
	}
	if (status) {
		log_err("%s refused the C that honeyc wrote (--emit=c shows it); its message, with "
			"lines "
			"of the .ex:",
			argv[0]);
		show_log(log);
		return EXIT_BAD;
	}
	return copy_out(object, out) ? EXIT_USAGE : EXIT_OK;
}

int honey_put(const struct strbuf *result, const char *to)
{
	int err = 0;

	/* What is lost of stdout std_close() says. */
	if (!to || !strcmp(to, "-"))
		fwrite(result->s, 1, result->len, stdout);
	else
		err = outfile_write(to, result->s, result->len, 0666);
	if (err)
		log_err_sys(err, "cannot write %s", to);
	return err;
}

int driver_object(struct honey *h, const struct strbuf *c, const char *out)
{
	const char *base = h->sources[0].name, *dot = strrchr(base, '.');
	const char *c_name =
		fmt(h, "%.*s.bpf.c", dot ? (int)(dot - base) : (int)strlen(base), base);
	struct workdir w = {.n_files = 0};
	struct strbuf path = STRBUF_INIT;
	int code = EXIT_USAGE, err = 0;

	leftovers_sweep();
	leftover_template(&path, "");
	snprintf(w.path, sizeof(w.path), "%s", path.s);
	strbuf_release(&path);
	if (!mkdtemp(w.path)) {
		log_err_sys(errno,
			    "cannot make a folder like %s; set TMPDIR to a folder that can be "
			    "written",
			    w.path);
		return EXIT_USAGE;
	}
	for (uint32_t i = 0; i < h->n_sources && i < 200 && !err; i++)
		err = add_file(h, &w, h->sources[i].name, h->sources[i].text, h->sources[i].len);
	if (!err)
		err = add_file(h, &w, c_name, c->s, c->len);
	if (!err)
		code = compile(h, &w, c_name, out);
	for (size_t i = 0; i < w.n_files; i++)
		unlink(w.files[i]);
	rmdir(w.path);
	return code;
}
