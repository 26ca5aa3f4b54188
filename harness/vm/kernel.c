/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds a kernel for the guest: by path, in the cache, or with apt. */
#include "lib/base.h"
#include "harness/vm/kernel.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/subproc.h"
#include "harness/vm/fetch.h"
#include "lib/strbuf.h"

#define PREFIX "linux-image-"
#define SUFFIX "-cloud-amd64"

void vm_cache_dir(struct strbuf *out)
{
	const char *own = getenv("BEEBENCH_CACHE"), *xdg = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");

	if (own && *own)
		strbuf_addstr(out, own);
	else if (xdg && *xdg)
		strbuf_addf(out, "%s/beebench", xdg);
	else if (home && *home && !access(home, W_OK))
		strbuf_addf(out, "%s/.cache/beebench", home);
	else
		strbuf_addf(out, "/tmp/beebench-cache-%u", (unsigned int)geteuid());
}

bool vm_kernel_newest(const char *list, const char *version, struct strbuf *out)
{
	struct strbuf start = STRBUF_INIT, line = STRBUF_INIT;
	bool found = false;

	strbuf_addf(&start, PREFIX "%s.", version);
	while (*list) {
		size_t len = strcspn(list, "\n");

		strbuf_reset(&line);
		strbuf_add(&line, list, len);
		list += len + (list[len] == '\n');
		if (line.len < start.len + strlen(SUFFIX) ||
		    strncmp(line.s, start.s, start.len) != 0 ||
		    strcmp(line.s + line.len - strlen(SUFFIX), SUFFIX) != 0)
			continue;
		/* strverscmp(3) orders 6.1.0-9 before 6.1.0-56. */
		if (!found || strverscmp(line.s, out->s) > 0) {
			strbuf_reset(out);
			strbuf_addstr(out, line.s);
			found = true;
		}
	}
	strbuf_release(&start);
	strbuf_release(&line);
	return found;
}

/* "HdrS" at 0x202: Linux, Documentation/arch/x86/boot.rst. */
static int check_image(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0) {
		err = -errno;
		log_err_sys(err, "cannot read the kernel %s", path);
		return err == -ENOENT ? err : -EINVAL;
	}
	if (pread(fd, magic, sizeof(magic), 0x202) != sizeof(magic) || memcmp(magic, "HdrS", 4)) {
		log_err("%s is no x86 kernel image (bzImage); take a /boot/vmlinuz-* or a version "
			"as in -k 6.12",
			path);
		err = -EINVAL;
	}
	close(fd);
	return err;
}

static bool is_version(const char *s)
{
	size_t major = strspn(s, "0123456789"), minor;

	if (!major || s[major] != '.')
		return false;
	minor = strspn(s + major + 1, "0123456789");
	return minor && !s[major + 1 + minor];
}

/* The line "@key VALUE" of the cache's note; @out gets VALUE. */
static bool note_value(const char *note, const char *key, struct strbuf *out)
{
	size_t len = strlen(key);

	for (const char *at = note; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!strncmp(at, key, len) && at[len] == ' ') {
			strbuf_add(out, at + len + 1, strcspn(at + len + 1, "\n"));
			return true;
		}
	return false;
}

/* Returns 0 when the kernel in @dir is whole, -ENOENT when there is none, -EILSEQ when it is
 * damaged. */
static int from_cache(struct vm_kernel *k, const char *dir)
{
	struct strbuf file = STRBUF_INIT, note = STRBUF_INIT, want = STRBUF_INIT, got = STRBUF_INIT;
	int err;

	strbuf_addf(&file, "%s/note", dir);
	err = strbuf_read_file(&note, file.s) ? -ENOENT : 0;
	if (!err && (!note_value(note.s, "vmlinuz_sha256", &want) ||
		     !note_value(note.s, "package", &k->package)))
		err = -EILSEQ;
	if (err)
		goto out;
	strbuf_addf(&k->path, "%s/vmlinuz", dir);
	err = fetch_sha256(k->path.s, &got);
	if (!err && strcmp(got.s, want.s) != 0)
		err = -EILSEQ;
	if (err)
		log_warn("the cached kernel in %s is damaged; it is fetched again", dir);
out:
	if (err) {
		strbuf_reset(&k->path);
		strbuf_reset(&k->package);
	}
	strbuf_release(&file);
	strbuf_release(&note);
	strbuf_release(&want);
	strbuf_release(&got);
	return err;
}

int vm_kernel_find(struct vm_kernel *k, const char *name)
{
	struct strbuf cache = STRBUF_INIT, dir = STRBUF_INIT;
	int err;

	if (strchr(name, '/')) {
		strbuf_addstr(&k->path, name);
		return check_image(name);
	}
	if (!is_version(name)) {
		log_err("no kernel '%s'; give a version as in 6.12 or 6.1, or the path of a "
			"vmlinuz file (with a '/')",
			name);
		return -EINVAL;
	}
	vm_cache_dir(&cache);
	strbuf_addf(&dir, "%s/kernels/%s", cache.s, name);
	err = from_cache(k, dir.s);
	if (err) {
		err = fetch_kernel(name, cache.s, dir.s);
		if (!err)
			err = from_cache(k, dir.s);
	}
	if (!err)
		err = check_image(k->path.s);
	strbuf_release(&cache);
	strbuf_release(&dir);
	return err;
}

void vm_kernel_release(struct vm_kernel *k)
{
	strbuf_release(&k->path);
	strbuf_release(&k->package);
}
