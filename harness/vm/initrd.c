/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes the guest's initial RAM file system. */
#include "lib/base.h"
#include "harness/vm/initrd.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/why.h"
#include "lib/strbuf.h"

static void pad4(struct strbuf *sb)
{
	static const char zero[4];

	strbuf_add(sb, zero, -sb->len & 3);
}

static void entry(struct strbuf *out, uint32_t inode, uint32_t mode, const char *name,
		  const void *data, size_t len)
{
	/* magic, inode, mode, uid, gid, links, mtime, size, device (2), special (2), name, check */
	strbuf_addf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, mode,
		    0, 0, S_ISDIR(mode) ? 2 : 1, 0, (uint32_t)len, 0, 0, 0, 0,
		    (uint32_t)strlen(name) + 1, 0);
	strbuf_add(out, name, strlen(name) + 1);
	pad4(out);
	strbuf_add(out, data, len);
	pad4(out);
}

static void add_dirs(struct initrd *rd, const char *name)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct strbuf line = STRBUF_INIT, dir = STRBUF_INIT;

		strbuf_add(&dir, name, (size_t)(slash - name));
		strbuf_addf(&line, "\n%s\n", dir.s);
		if (!strstr(rd->dirs.s, line.s)) {
			strbuf_addstr(&rd->dirs, line.s);
			entry(&rd->data, ++rd->inode, S_IFDIR | 0755, dir.s, "", 0);
		}
		strbuf_release(&line);
		strbuf_release(&dir);
	}
}

int initrd_add(struct initrd *rd, const char *path, bool executable, const void *data, size_t len)
{
	const char *name = path + (path[0] == '/');

	if (len > UINT32_MAX)
		return -EFBIG;
	add_dirs(rd, name);
	entry(&rd->data, ++rd->inode, S_IFREG | (executable ? 0755 : 0644), name, data, len);
	return 0;
}

int initrd_add_file(struct initrd *rd, const char *path, bool executable, const char *host_path,
		    struct strbuf *why)
{
	struct strbuf content = STRBUF_INIT;
	int err;

	err = strbuf_read_file(&content, host_path);
	if (!err)
		err = initrd_add(rd, path, executable, content.s, content.len);
	if (err)
		why_err_sys(why, err, "cannot put %s into the guest", host_path);
	strbuf_release(&content);
	return err;
}

int initrd_write(const struct initrd *rd, int fd)
{
	struct strbuf end = STRBUF_INIT;
	int err;

	entry(&end, 0, 0, "TRAILER!!!", "", 0);
	err = fd_write_all(fd, rd->data.s, rd->data.len);
	if (!err)
		err = fd_write_all(fd, end.s, end.len);
	strbuf_release(&end);
	return err;
}

void initrd_release(struct initrd *rd)
{
	strbuf_release(&rd->data);
	strbuf_release(&rd->dirs);
	rd->inode = 0;
}
