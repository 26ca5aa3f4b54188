/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Results of cells in a folder that many machines may share. Nothing here trusts a clock, a process
 * number or a lock of another machine: names are given by link(2), which fails where the name is
 * taken, on a network's file system as well.
 */
#include "lib/base.h"
#include "harness/suite/cell_result.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/record.h"
#include "harness/result_merged.h"
#include "lib/log.h"

void cell_result_path(struct strbuf *out, const char *dir, const char *id)
{
	strbuf_addf(out, "%s/%s.json", dir, id);
}

void cell_result_aside(struct strbuf *out, const char *dir, const char *id, const char *run)
{
	strbuf_addf(out, "%s/.%s.%s.part", dir, id, run);
}

/* The first line and the last of a file, of which each record is one line. NULL: there is none
 * that is whole. */
static struct json_object *line_of(const char *text, size_t len)
{
	char *line = strndup(text, len);
	struct json_object *o = line ? json_tokener_parse(line) : NULL;

	free(line);
	return o;
}

static void ends_of(const struct strbuf *text, struct json_object **first,
		    struct json_object **last)
{
	const char *end = text->len ? text->s + text->len - 1 : text->s, *at = end;

	*first = *last = NULL;
	if (!text->len || *end != '\n')
		return;
	while (at > text->s && at[-1] != '\n')
		at--;
	*first = line_of(text->s, strcspn(text->s, "\n"));
	*last = line_of(at, (size_t)(end - at));
}

/* What of the two headers must be the same. */
static const char *differs(struct json_object *was, struct json_object *is)
{
	static const char *const members[] = {"tool", "seed", "quick", "objects", "means_sha256"};
	static const char *const words[] = {"version of beebench", "seed", "--quick", "object",
					    "definition of what it means"};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!json_object_equal(record_get(was, members[i]), record_get(is, members[i])))
			return words[i];
	return NULL;
}

static enum cell_result judge(struct json_object *first, struct json_object *last, const char *id,
			      struct json_object *header, int *code, struct strbuf *why)
{
	const char *other = header ? differs(first, header) : NULL;
	const char *cell = record_str(first, "cell.id", "");

	if (!record_is(first, "run") || !record_is(last, "end")) {
		strbuf_addstr(why, "it is not whole");
		return CELL_BROKEN;
	}
	if (strcmp(cell, id) != 0) {
		strbuf_addf(why, "it is of cell '%s'", cell);
		return CELL_BROKEN;
	}
	if (other) {
		strbuf_addf(why, "it is of another %s", other);
		return CELL_OTHER;
	}
	*code = (int)record_u64(last, "exit", EXIT_USAGE);
	return *code == EXIT_USAGE || *code == EXIT_SKIP ? CELL_WITHOUT : CELL_DONE;
}

enum cell_result cell_result_look(const char *path, const char *id, struct json_object *header,
				  int *exit, struct strbuf *why)
{
	struct json_object *first, *last;
	struct strbuf text = STRBUF_INIT;
	enum cell_result is = CELL_MISSING;
	int err = strbuf_read_file(&text, path);

	if (!err) {
		ends_of(&text, &first, &last);
		is = judge(first, last, id, header, exit, why);
		json_object_put(first);
		json_object_put(last);
	} else if (err != -ENOENT) {
		strbuf_addf(why, "it cannot be read: %s", strerror(-err));
		is = CELL_BROKEN;
	}
	strbuf_release(&text);
	return is;
}

/* A name reaches the disk with its folder. Where a folder cannot be synchronised there is nothing
 * to wait for. */
static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = fd < 0 ? -errno : 0;

	if (!err && fsync(fd) && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Another name for a file, unless there is one of that name. File systems without links have
 * renameat2(). */
static int name_new(const char *aside, const char *path)
{
	if (!link(aside, path))
		return unlink(aside) ? -errno : 0;
	if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK)
		return -errno;
	return renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_NOREPLACE) ? -errno : 0;
}

/* Beside the one that has the cell's name already. */
static int name_beside(const char *file, const char *dir, const char *id, const char *run,
		       struct strbuf *out)
{
	log_warn("%s was written by another start meanwhile: this one is kept beside it", out->s);
	strbuf_reset(out);
	strbuf_addf(out, "%s/%s.%s.json", dir, id, run);
	return name_new(file, out->s);
}

static int place(const char *aside, const char *dir, const struct cell_new *n, struct strbuf *out)
{
	int err = name_new(aside, out->s);

	return err == -EEXIST ? name_beside(aside, dir, n->id, n->run, out) : err;
}

/*
 * What has the name may be another file than the one that was looked at: it is taken away first and
 * looked at again, and gets its name back where it is a result after all. One that is killed in
 * between leaves it as ID.json.RUN.replaced.
 */
static int replace(const char *aside, const char *dir, const struct cell_new *n, struct strbuf *out)
{
	struct strbuf old = STRBUF_INIT, why = STRBUF_INIT, other = STRBUF_INIT;
	bool done = false;
	int err = 0, exit;

	strbuf_addf(&old, "%s.%s.replaced", out->s, n->run);
	if (rename(out->s, old.s))
		err = errno == ENOENT ? 0 : -errno;
	else
		done = cell_result_look(old.s, n->id, n->header, &exit, &why) == CELL_DONE;
	if (done) {
		err = name_new(old.s, out->s);
		strbuf_addf(&other, "%s.other", n->run);
		strbuf_addstr(&why, out->s);
		if (err == -EEXIST)
			err = name_beside(old.s, dir, n->id, other.s, &why);
	}
	if (!err && done && !n->verdict)
		err = unlink(aside) ? -errno : 0;
	else if (!err)
		err = place(aside, dir, n, out);
	if (!err && !done && unlink(old.s) && errno != ENOENT)
		err = -errno;
	strbuf_release(&old);
	strbuf_release(&why);
	strbuf_release(&other);
	return err;
}

int cell_result_place(const char *aside, const char *dir, const struct cell_new *n,
		      struct strbuf *out)
{
	struct strbuf why = STRBUF_INIT;
	enum cell_result is;
	int exit, err = 0;

	cell_result_path(out, dir, n->id);
	is = cell_result_look(out->s, n->id, n->header, &exit, &why);
	if (is == CELL_WITHOUT || is == CELL_OTHER)
		err = replace(aside, dir, n, out);
	else if (is == CELL_DONE && !n->verdict)
		err = unlink(aside) ? -errno : 0;
	else
		err = place(aside, dir, n, out);
	if (!err)
		err = sync_folder(dir);
	if (err)
		log_err_sys(err, "cannot keep the cell's result as %s", out->s);
	strbuf_release(&why);
	return err;
}

/* True of ".ID.RUN.part". */
static bool is_aside(const char *name, const char *id)
{
	size_t n = strlen(id);

	return name[0] == '.' && !strncmp(name + 1, id, n) && name[1 + n] == '.' &&
	       str_ends_with(name, ".part");
}

static bool is_of_machine(const char *path, struct json_object *header)
{
	struct strbuf text = STRBUF_INIT;
	struct json_object *first =
		strbuf_read_file(&text, path) ? NULL : line_of(text.s, strcspn(text.s, "\n"));
	bool is = record_is(first, "run") && !strcmp(result_machine(first), result_machine(header));

	json_object_put(first);
	strbuf_release(&text);
	return is;
}

void cell_result_sweep(const char *dir, const char *id, struct json_object *header)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		struct strbuf path = STRBUF_INIT;
		int fd = -1;

		strbuf_addf(&path, "%s/%s", dir, e->d_name);
		if (is_aside(e->d_name, id) && is_of_machine(path.s, header))
			fd = open(path.s, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			unlink(path.s);
		if (fd >= 0)
			close(fd);
		strbuf_release(&path);
	}
	if (d)
		closedir(d);
}
