/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * beebench new NAME --from SYSCALL: the folder NAME with a monitor of that call in three languages,
 * what its figures mean, and how it is built: a beginning that is right before anything is changed.
 * The texts are in new_text.c; here names are judged, and files written.
 */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/command/new_text.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/strbuf.h"
#include "workloads/syscall_table.h"

enum { NAME_MAX_CHARS = 32 };

struct new_options {
	const char *from;
};

static const struct opt options[] = {
	{0, "from", "SYSCALL", "the system call that it counts, of 'beebench list syscalls'",
	 OPT_STRING, offsetof(struct new_options, from)},
	{0},
};

/* It becomes a folder, files in it, and a module of Honey. */
static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (len && len <= NAME_MAX_CHARS && *name >= 'a' && *name <= 'z' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len)
		return 0;
	log_err("new: '%.64s' is no name of a monitor: 1 to %d of a-z, 0-9 and _, a letter first",
		name, NAME_MAX_CHARS);
	return -EINVAL;
}

static int check_call(const char *name, const struct syscall_row **row)
{
	const char *near;

	if (!name) {
		log_err("new: which system call? --from openat, or another of 'beebench list "
			"syscalls'");
		return -EINVAL;
	}
	*row = syscall_find(name);
	if (*row && (*row)->call)
		return 0;
	if (*row) {
		log_err("new: this processor has no system call '%s'", name);
		return -EINVAL;
	}
	near = syscall_suggest(name);
	log_err("new: no harmless call '%.64s' is known%s%s%s", name,
		near ? "; did you mean '" : "; see 'beebench list syscalls'", near ? near : "",
		near ? "'?" : "");
	return -EINVAL;
}

/* A file that is not there yet. */
static int write_file(int dir, const char *folder, const char *name, const struct strbuf *text)
{
	int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666), err = 0;

	if (fd < 0 || write(fd, text->s, text->len) != (ssize_t)text->len)
		err = -errno;
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (err)
		log_err_sys(err, "cannot write %s/%s", folder, name);
	return err;
}

static int write_all(int dir, const struct new_names *names)
{
	int err = 0;

	for (size_t i = 0; i < new_file_count && !err; i++) {
		struct strbuf file = STRBUF_INIT, text = STRBUF_INIT;

		new_fill(&file, new_files[i].name, names);
		new_fill(&text, new_files[i].text, names);
		err = write_file(dir, names->name, file.s, &text);
		strbuf_release(&file);
		strbuf_release(&text);
	}
	return err;
}

/* Of a folder that could not be filled: what was written, and nothing else. */
static void take_back(int dir, const struct new_names *names)
{
	for (size_t i = 0; i < new_file_count; i++) {
		struct strbuf file = STRBUF_INIT;

		new_fill(&file, new_files[i].name, names);
		unlinkat(dir, file.s, 0);
		strbuf_release(&file);
	}
	rmdir(names->name);
}

static int make_folder(const struct new_names *names)
{
	int err = 0, dir = -1;

	if (mkdir(names->name, 0777)) {
		err = -errno;
		if (err == -EEXIST)
			log_err("new: '%s' is there already; take another name, or remove it first",
				names->name);
		else
			log_err_sys(err, "new: cannot make the folder %s", names->name);
		return err;
	}
	dir = open(names->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		err = -errno;
		log_err_sys(err, "new: cannot open the folder %s", names->name);
		rmdir(names->name);
		return err;
	}
	err = write_all(dir, names);
	if (err)
		take_back(dir, names);
	close(dir);
	return err;
}

static void print_next(const struct new_names *names)
{
	printf("%s/\n", names->name);
	for (size_t i = 0; i < new_file_count; i++) {
		struct strbuf file = STRBUF_INIT, what = STRBUF_INIT;

		new_fill(&file, new_files[i].name, names);
		new_fill(&what, new_files[i].what, names);
		printf("  %-*s %s\n", NAME_MAX_CHARS, file.s, what.s);
		strbuf_release(&file);
		strbuf_release(&what);
	}
	printf("\nnext:\n"
	       "  make -C %s\n"
	       "  sudo beebench verify -m %s/%s.bpf.o -w syscalls:name=%s,errors=97\n",
	       names->name, names->name, names->name, names->call);
}

/* The one name; options may stand before and after it. */
static int parse(int argc, char *argv[], struct new_options *o, const char **name)
{
	int rest, err = opt_parse(options, "beebench new", argc, argv, o, &rest, NULL);

	*name = NULL;
	if (err || rest == argc)
		return err;
	*name = argv[rest];
	argv += rest;
	err = opt_parse(options, "beebench new", argc - rest, argv, o, &rest, NULL);
	if (!err && argv[rest]) {
		log_err("new: unexpected word '%s'", argv[rest]);
		return -EINVAL;
	}
	return err;
}

int command_new(int argc, char *argv[])
{
	struct new_options o = {0};
	const struct syscall_row *row = NULL;
	struct new_names names;
	const char *name;
	int err = parse(argc, argv, &o, &name);

	if (err == OPT_HELP) {
		printf("usage: beebench new NAME --from SYSCALL\n"
		       "Makes the folder NAME with a monitor of that system call in C, Honey and "
		       "bpftrace,\nwhat its figures mean, and a Makefile.\n\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (!name) {
		log_err("new: give it a name: beebench new NAME --from SYSCALL");
		return EXIT_USAGE;
	}
	if (check_name(name) || check_call(o.from, &row))
		return EXIT_USAGE;
	new_names_make(&names, name, row->name, syscall_trace_name(row));
	if (make_folder(&names))
		return EXIT_USAGE;
	print_next(&names);
	return EXIT_OK;
}
