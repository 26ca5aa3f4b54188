/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds a kernel for the guest: by path, in a package's file, in the cache, or with apt. The cache
 * holds a folder for each with the kernel and a note of its package and checksum;
 * scripts/fetch_kernel.sh fills it, and what is damaged is fetched again.
 */
#include "lib/base.h"
#include "harness/plugin.h"
#include "harness/vm/image.h"
#include "harness/vm/kernel.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/why.h"
#include "lib/subproc.h"
#include "lib/data.h"
#include "lib/strbuf.h"

const char *const vm_kernels_all[] = {"6.1/x86-64", "6.12/x86-64", "7.2/x86-64",
				      "6.1/arm64",  "6.12/arm64",  "6.12/arm64-16k",
				      "6.1/s390x",  "6.12/s390x",  NULL};

enum { SHA256_MS = 60000, END_MS = 10000, CLEAR_MS = 500 };

/* Where there is no home the cache lies below this, where anybody may make a folder. */
#define TMP_CACHE "/tmp/beebench-cache-"

void vm_cache_dir(struct strbuf *out)
{
	const char *own = secure_getenv("BEEBENCH_CACHE"), *xdg = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");

	if (own && *own) {
		strbuf_add_absolute(out, own);
	} else if (xdg && *xdg) {
		strbuf_add_absolute(out, xdg);
		strbuf_addstr(out, "/beebench");
	} else if (home && *home && !access(home, W_OK)) {
		strbuf_add_absolute(out, home);
		strbuf_addstr(out, "/.cache/beebench");
	} else {
		strbuf_addf(out, TMP_CACHE "%u", (unsigned int)geteuid());
	}
}

/*
 * A kernel that somebody else could have put there is not booted. What root has put there is good
 * for all. A group may be a user's own, so that only root looks at its right to write.
 */
static int check_owner(const char *path, struct strbuf *why)
{
	mode_t others = geteuid() ? S_IWOTH : S_IWGRP | S_IWOTH;
	bool foreign = false, open_to_all = false;
	struct stat st;

	/* Of a link who made it, and of what it leads to all. */
	if (lstat(path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		why_err_sys(why, errno,
			    "cannot look into the cache, at %s; choose another with BEEBENCH_CACHE",
			    path);
		return -EACCES;
	}
	foreign = st.st_uid && st.st_uid != geteuid();
	if (!stat(path, &st)) {
		foreign |= st.st_uid && st.st_uid != geteuid();
		open_to_all = st.st_mode & others;
	}
	if (!foreign && !open_to_all)
		return 0;
	why_err(why,
		"%s %s: no kernel is taken from there; remove it, or choose another cache with "
		"BEEBENCH_CACHE",
		path, foreign ? "belongs to somebody else" : "can be written by others");
	return -EACCES;
}

/* The cache that is chosen by itself is made by us, for us alone. */
static int make_tmp_cache(const char *cache, struct strbuf *why)
{
	if (strncmp(cache, TMP_CACHE, strlen(TMP_CACHE)) != 0 || !mkdir(cache, 0700) ||
	    errno == EEXIST)
		return 0;
	why_err_sys(why, errno, "cannot make the cache %s; choose another with BEEBENCH_CACHE",
		    cache);
	return -EACCES;
}

/* The cache, its kernels, the folder of one and what lies in it. */
static int check_owners(const char *cache, const char *dir, struct strbuf *why)
{
	struct strbuf path = STRBUF_INIT;
	int err = make_tmp_cache(cache, why);

	if (!err)
		err = check_owner(cache, why);
	strbuf_addf(&path, "%s/kernels", cache);
	if (!err)
		err = check_owner(path.s, why);
	if (!err)
		err = check_owner(dir, why);
	strbuf_reset(&path);
	strbuf_addf(&path, "%s/note", dir);
	if (!err)
		err = check_owner(path.s, why);
	strbuf_reset(&path);
	strbuf_addf(&path, "%s/vmlinuz", dir);
	if (!err)
		err = check_owner(path.s, why);
	strbuf_release(&path);
	return err;
}

/* Whose kernel the image is, and whether it is all there. */
static int check_image(struct vm_kernel *k, const struct processor *wanted, struct strbuf *why)
{
	int err = image_look(k->path.s, &k->processor, &k->unpacked, why);

	if (err)
		return err;
	if (!k->processor) {
		struct strbuf images = STRBUF_INIT;

		for (const struct processor *const *p = processors; *p; p++)
			strbuf_addf(&images, "%s%s", p == processors ? "" : ", ", (*p)->image);
		why_err(why,
			"%s is no kernel image of a processor that a guest can have: %s; take a "
			"/boot/vmlinuz-* or a version as in -k 6.12",
			k->path.s, images.s);
		strbuf_release(&images);
		return -EINVAL;
	}
	if (wanted && k->processor != wanted) {
		why_err(why, "%s is a kernel for %s, and one for %s was asked for", k->path.s,
			k->processor->name, wanted->name);
		return -EINVAL;
	}
	return 0;
}

/* How many characters of @s are a version with two numbers; what follows is its end or a '/'. */
static size_t version_length(const char *s)
{
	size_t major = strspn(s, "0123456789"), minor;

	if (!major || s[major] != '.')
		return 0;
	minor = strspn(s + major + 1, "0123456789");
	if (!minor || (s[major + 1 + minor] && s[major + 1 + minor] != '/'))
		return 0;
	return major + 1 + minor;
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

int vm_file_sha256(const char *path, struct strbuf *out)
{
	const char *const argv[] = {"sha256sum", "--", path, NULL};
	struct strbuf text = STRBUF_INIT, said = STRBUF_INIT;
	int code = subproc_capture(argv, SHA256_MS, &text, &said);

	/* A name with odd characters is announced by a backslash. */
	if (!code)
		strbuf_add(out, text.s + (text.s[0] == '\\'), 64);
	strbuf_release(&text);
	strbuf_release(&said);
	return code > 0 ? -EIO : code;
}

/* A line of the script: "info TEXT" or "error TEXT". */
static void repeat_line(char *line, struct strbuf *why)
{
	char *text = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (text && !strncmp(line, "info ", 5))
		log_info("%s", text + 1);
	else if (text && !strncmp(line, "error ", 6))
		why_err(why, "%s", text + 1);
	else
		why_err(why, "scripts/fetch_kernel.sh says: %s", line);
}

/* Says what the script says, while it runs. Returns its exit code or -errno. */
static int run_script(const char *const argv[], struct strbuf *why)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc p = SUBPROC_INIT;
	int ends[2], err = pipe2(ends, O_CLOEXEC) ? -errno : 0;
	char *line = NULL;
	size_t size = 0;
	FILE *said;

	if (err)
		return err;
	opts.argv = argv;
	opts.why = why;
	opts.stdout_fd = ends[1];
	err = subproc_start(&p, &opts);
	close(ends[1]);
	said = fdopen(ends[0], "re");
	while (!err && said) {
		if (run_interrupted()) {
			err = -EINTR;
			break;
		}
		errno = 0;
		if (getline(&line, &size, said) < 0) {
			err = errno == EINTR ? -EINTR : 0;
			break;
		}
		repeat_line(line, why);
	}
	if (!err)
		err = subproc_wait(&p, END_MS);
	if (!err)
		err = WIFEXITED(p.status) ? WEXITSTATUS(p.status) : -EIO;
	/* Asked first, so that it clears its half of a download away. */
	subproc_kill(&p, CLEAR_MS);
	subproc_release(&p);
	if (said)
		fclose(said);
	free(line);
	return err;
}

/* Has the script leave in @dir the kernel of a version, or that of a package's file. */
static int fetch(const char *what, const struct processor_kernel *kind, const char *cache,
		 const char *dir, struct strbuf *why)
{
	char script[PATH_MAX];
	const char *const argv[] = {
		"sh", script, what, cache, dir, kind->package_end, kind->processor->debian, NULL};
	int err = data_path("vm/fetch_kernel.sh", script, sizeof(script));

	if (!err && access(script, R_OK))
		err = -errno;
	if (err) {
		why_err_sys(why, err, "cannot find the script that fetches kernels");
		return err;
	}
	err = run_script(argv, why);
	return err == EXIT_SKIP ? -ENOTSUP : err > 0 ? -EIO : err;
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
	err = vm_file_sha256(k->path.s, &got);
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

/* @what: a version or a package's file; @as: its folder in the cache. */
static int find_cached(struct vm_kernel *k, const char *what, const struct processor_kernel *kind,
		       const char *as, struct strbuf *why)
{
	struct strbuf cache = STRBUF_INIT, dir = STRBUF_INIT;
	int err;

	vm_cache_dir(&cache);
	strbuf_addf(&dir, "%s/kernels/%s", cache.s, as);
	err = check_owners(cache.s, dir.s, why);
	if (err)
		goto out;
	err = from_cache(k, dir.s);
	if (err) {
		err = fetch(what, kind, cache.s, dir.s, why);
		if (!err)
			err = from_cache(k, dir.s);
	}
out:
	strbuf_release(&cache);
	strbuf_release(&dir);
	return err;
}

static bool is_package(const char *path)
{
	static const char *const endings[] = {".deb", ".rpm",  ".pkg.tar.zst", ".pkg.tar.xz",
					      ".apk", ".xbps", ".txz"};

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (str_ends_with(path, endings[i]))
			return true;
	return false;
}

/* The kernel in a package's file is kept by the package's checksum. */
static int find_in_package(struct vm_kernel *k, const char *path, struct strbuf *why)
{
	struct strbuf as = STRBUF_INIT, sum = STRBUF_INIT;
	int err = access(path, R_OK) ? -errno : vm_file_sha256(path, &sum);

	if (err) {
		why_err_sys(why, err, "cannot read the package %s", path);
		return err;
	}
	strbuf_addf(&as, "file-%.32s", sum.s);
	err = find_cached(k, path, processor_kernel_of(processors[0]), as.s, why);
	strbuf_release(&as);
	strbuf_release(&sum);
	return err;
}

/* Of a name whose first @len characters are a version. */
static const struct processor_kernel *kind_of(const char *name, size_t len)
{
	return name[len] ? processor_kernel_named(name + len + 1)
			 : processor_kernel_of(processor_own());
}

const struct processor *vm_kernel_processor(const char *name)
{
	size_t len = version_length(name);
	const struct processor_kernel *kind = len ? kind_of(name, len) : NULL;

	return kind ? kind->processor : NULL;
}

static int find_version(struct vm_kernel *k, const char *name, size_t len,
			const struct processor **wanted, struct strbuf *why)
{
	const struct processor_kernel *kind = kind_of(name, len);
	struct strbuf as = STRBUF_INIT, version = STRBUF_INIT, words = STRBUF_INIT;
	int err = -EINVAL;

	if (!kind) {
		processor_kernel_words(&words);
		why_err(why, "no kernel '%s': after the version stands one of %s, as in 6.12/arm64",
			name, words.s);
		goto out;
	}
	*wanted = kind->processor;
	strbuf_add(&version, name, len);
	strbuf_addstr(&as, version.s);
	/* x86-64 was there first. */
	if (kind->processor != processors[0])
		strbuf_addf(&as, "-%s", kind->word);
	err = find_cached(k, version.s, kind, as.s, why);
out:
	strbuf_release(&as);
	strbuf_release(&version);
	strbuf_release(&words);
	return err;
}

int vm_kernel_find(struct vm_kernel *k, const char *name, struct strbuf *why)
{
	const struct processor *wanted = NULL;
	size_t len = version_length(name);
	int err = 0;

	if (len && (!name[len] || !strchr(name + len + 1, '/'))) {
		err = find_version(k, name, len, &wanted, why);
	} else if (!strchr(name, '/')) {
		why_err(why,
			"no kernel '%s'; give a version as in 6.12 or 6.1 or 6.12/arm64, or the "
			"path of a vmlinuz file or of a distribution's package (with a '/')",
			name);
		err = -EINVAL;
	} else if (is_package(name)) {
		err = find_in_package(k, name, why);
	} else {
		strbuf_addstr(&k->path, name);
	}
	return err ? err : check_image(k, wanted, why);
}

void vm_kernel_release(struct vm_kernel *k)
{
	if (k->unpacked >= 0)
		close(k->unpacked);
	k->unpacked = -1;
	strbuf_release(&k->path);
	strbuf_release(&k->package);
}
