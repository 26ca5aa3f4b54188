/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes the choices of a user. */
#include "lib/base.h"
#include "monitor/tool/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"

int config_parse_columns(const char *text, const struct column **out, bool say)
{
	char *copy = strdup(text), *rest = copy, *word;
	size_t n = 0;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, ", \t"))) {
		const struct column *c = *word ? column_find(word, say) : NULL;

		if (*word && (!c || n == CONFIG_COLUMNS))
			err = -EINVAL;
		else if (*word)
			out[n++] = c;
	}
	free(copy);
	out[err ? 0 : n] = NULL;
	return err;
}

/* The folder; false: there is none to write to. */
static bool folder(struct strbuf *out)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");

	if (base && *base == '/')
		strbuf_addf(out, "%s/beebench", base);
	else if (home && *home == '/')
		strbuf_addf(out, "%s/.config/beebench", home);
	return out->len;
}

static void take_line(struct config *c, char *line)
{
	char *value = strpbrk(line, " \t");

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "sort")) {
		c->descending = *value == '-';
		c->sort = column_find(value + (*value == '-' || *value == '+'), false);
	} else if (!strcmp(line, "units")) {
		c->plain = !strcmp(value, "plain");
	} else if (!strcmp(line, "columns")) {
		config_parse_columns(value, c->columns, false);
	}
}

void config_read(struct config *c, const char *tool)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	char *rest, *line;

	*c = (struct config){.sort = NULL};
	if (folder(&path)) {
		strbuf_addf(&path, "/%s", tool);
		if (!strbuf_read_file(&text, path.s)) {
			rest = text.s;
			while ((line = strsep(&rest, "\n")))
				take_line(c, line);
		}
	}
	strbuf_release(&path);
	strbuf_release(&text);
}

/* Makes the folders that are missing. False: one cannot be had, or is somebody else's. */
static bool make_folders(char *path)
{
	struct stat st;

	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (stat(path, &st) && mkdir(path, 0700))
			return false;
		if (!slash)
			break;
		*slash = '/';
	}
	return !stat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Whether what stands nearest above @path is ours: sudo leaves HOME at the user's, where root must
 * not leave files. */
static bool home_is_ours(const char *path)
{
	char *copy = strdup(path), *slash;
	struct stat st = {.st_uid = (uid_t)-1};

	while (copy && stat(copy, &st) && (slash = strrchr(copy, '/')) && slash != copy)
		*slash = '\0';
	free(copy);
	return st.st_uid == geteuid();
}

static void put(const struct config *c, struct strbuf *out)
{
	if (c->sort)
		strbuf_addf(out, "sort %c%s\n", c->descending ? '-' : '+', c->sort->key);
	strbuf_addf(out, "units %s\n", c->plain ? "plain" : "readable");
	if (c->columns[0])
		strbuf_addstr(out, "columns");
	for (size_t i = 0; c->columns[i]; i++)
		strbuf_addf(out, " %s", c->columns[i]->key);
	if (c->columns[0])
		strbuf_addch(out, '\n');
}

int config_write(const struct config *c, const char *tool)
{
	struct strbuf path = STRBUF_INIT, new = STRBUF_INIT, text = STRBUF_INIT;
	int fd = -1, err = 0;

	if (!folder(&path) || !home_is_ours(path.s) || !make_folders(path.s))
		goto out;
	strbuf_addf(&path, "/%s", tool);
	strbuf_addf(&new, "%s.%d", path.s, (int)getpid());
	put(c, &text);
	/* Aside and renamed: two that end at once do not mix. */
	fd = open(new.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text.s, text.len) != (ssize_t)text.len || rename(new.s, path.s)) {
		err = errno ? -errno : -EIO;
		log_warn("what was chosen on the screen cannot be kept in %s: %s", path.s,
			 strerror(-err));
		if (fd >= 0)
			unlink(new.s);
	}
out:
	if (fd >= 0)
		close(fd);
	strbuf_release(&path);
	strbuf_release(&new);
	strbuf_release(&text);
	return err;
}
