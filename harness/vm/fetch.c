/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gets a kernel package with apt and takes the kernel out of it. */
#include "lib/base.h"
#include "harness/vm/fetch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/subproc.h"
#include "harness/vm/kernel.h"
#include "lib/strbuf.h"

enum { QUICK_MS = 60000, DOWNLOAD_MS = 600000 };

/*
 * Run by sh with the arguments after it: $1 is the folder to work in, $2 a folder with apt lists of
 * our own or "" for the system's, $3 and on what the script wants.
 */
#define SCRIPT_BEGIN                                                                               \
	"set -eu; cd \"$1\"; own=$2; shift 2; "                                                    \
	"apt() { tool=$1; shift; if [ -n \"$own\" ]; then "                                        \
	"set -- -o Dir::State::Lists=\"$own/lists\" -o Dir::Cache=\"$own/cache\" \"$@\"; fi; "     \
	"\"$tool\" \"$@\"; }; "

static const char script_update[] = SCRIPT_BEGIN
	"mkdir -p \"$own/lists/partial\" \"$own/cache/archives/partial\"; apt apt-get -q update";
static const char script_names[] = SCRIPT_BEGIN "apt apt-cache pkgnames \"$1\"";
static const char script_show[] = SCRIPT_BEGIN "apt apt-cache show --no-all-versions \"$1\"";
static const char script_download[] = SCRIPT_BEGIN "apt apt-get -q download \"$1\"";
static const char script_unpack[] =
	SCRIPT_BEGIN "dpkg-deb --fsys-tarfile ./*.deb | tar -x --wildcards './boot/vmlinuz-*'; "
		     "mv boot/vmlinuz-* vmlinuz; rm -r boot ./*.deb";

struct fetch {
	const char *version;
	struct strbuf work;    /* folder of this download, ours alone */
	struct strbuf lists;   /* "" or the folder of our own apt lists */
	struct strbuf package; /* name, version and checksum of what is fetched */
	struct strbuf package_version, sha256;
	struct strbuf said; /* stderr of the last script */
};

/* Returns 0, -ENODATA when the script failed, -ETIMEDOUT, -EINTR or another -errno. */
static int run_script(struct fetch *f, const char *script, const char *arg, int timeout_ms,
		      struct strbuf *out)
{
	const char *const argv[] = {"sh", "-c", script, "sh", f->work.s, f->lists.s, arg, NULL};
	int code;

	strbuf_reset(out);
	strbuf_reset(&f->said);
	code = subproc_capture(argv, timeout_ms, out, &f->said);
	return code > 0 ? -ENODATA : code;
}

int fetch_sha256(const char *path, struct strbuf *out)
{
	const char *const argv[] = {"sha256sum", "--", path, NULL};
	struct strbuf text = STRBUF_INIT, said = STRBUF_INIT;
	int code = subproc_capture(argv, QUICK_MS, &text, &said);

	/* A name with odd characters is announced by a backslash. */
	if (!code)
		strbuf_add(out, text.s + (text.s[0] == '\\'), 64);
	strbuf_release(&text);
	strbuf_release(&said);
	return code > 0 ? -EIO : code;
}

static int find_package(struct fetch *f)
{
	struct strbuf start = STRBUF_INIT, names = STRBUF_INIT;
	int err;

	strbuf_addf(&start, "linux-image-%s.", f->version);
	err = run_script(f, script_names, start.s, QUICK_MS, &names);
	strbuf_reset(&f->package);
	if (!err && !vm_kernel_newest(names.s, f->version, &f->package))
		err = -ENODATA;
	strbuf_release(&start);
	strbuf_release(&names);
	return err;
}

/* The value of a "Key: value" line of apt-cache show. */
static bool field(const char *text, const char *key, struct strbuf *out)
{
	size_t len = strlen(key);

	strbuf_reset(out);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (!strncmp(text, key, len) && !strncmp(text + len, ": ", 2)) {
			strbuf_add(out, text + len + 2, strcspn(text + len + 2, "\n"));
			return true;
		}
	return false;
}

static int describe_package(struct fetch *f)
{
	struct strbuf text = STRBUF_INIT;
	int err = run_script(f, script_show, f->package.s, QUICK_MS, &text);

	if (!err && (!field(text.s, "Version", &f->package_version) ||
		     !field(text.s, "SHA256", &f->sha256)))
		err = -ENODATA;
	strbuf_release(&text);
	return err;
}

static void advise(const struct fetch *f)
{
	log_err("apt knows no package linux-image-%s.*-cloud-amd64; run: sudo apt-get update   (or "
		"give a kernel by path: -k /boot/vmlinuz-..; on a machine that is no Debian take "
		"it "
		"out of such a package from https://packages.debian.org/search?keywords="
		"cloud-amd64)",
		f->version);
	if (f->said.len)
		log_info("apt said: %s", f->said.s);
}

/* With the system's lists, then with our own. */
static int choose_package(struct fetch *f, const char *cache)
{
	struct strbuf text = STRBUF_INIT;
	int err = find_package(f);

	if (!err)
		err = describe_package(f);
	if (err == -ENODATA) {
		log_info("apt's lists have no kernel %s; fetching lists into %s/apt", f->version,
			 cache);
		strbuf_addf(&f->lists, "%s/apt", cache);
		err = run_script(f, script_update, "", DOWNLOAD_MS, &text);
		if (!err)
			err = find_package(f);
		if (!err)
			err = describe_package(f);
	}
	if (err == -ENODATA || err == -ETIMEDOUT) {
		advise(f);
		err = -ENOTSUP;
	}
	strbuf_release(&text);
	return err;
}

static int find_deb(struct fetch *f, struct strbuf *path)
{
	struct strbuf text = STRBUF_INIT;
	int err = run_script(f, "cd \"$1\" && printf %s ./*.deb", "", QUICK_MS, &text);

	strbuf_addf(path, "%s/%s", f->work.s, text.s);
	strbuf_release(&text);
	return err;
}

static int download(struct fetch *f)
{
	struct strbuf text = STRBUF_INIT, spec = STRBUF_INIT, deb = STRBUF_INIT, sum = STRBUF_INIT;
	int err;

	log_info("fetching %s %s", f->package.s, f->package_version.s);
	strbuf_addf(&spec, "%s=%s", f->package.s, f->package_version.s);
	err = run_script(f, script_download, spec.s, DOWNLOAD_MS, &text);
	if (err == -ENODATA || err == -ETIMEDOUT) {
		log_err("cannot download %s: %s; with a network run: cd DIR && apt-get download "
			"%s   and give its kernel by path with -k",
			spec.s, err == -ETIMEDOUT ? "it took too long" : f->said.s, spec.s);
		err = -ENOTSUP;
		goto out;
	}
	if (!err)
		err = find_deb(f, &deb);
	if (!err)
		err = fetch_sha256(deb.s, &sum);
	if (!err && strcmp(sum.s, f->sha256.s) != 0) {
		log_err("%s has the checksum %s, but apt's lists say %s; nothing of it is used; "
			"run: sudo apt-get update   and try again",
			spec.s, sum.s, f->sha256.s);
		err = -ENOTSUP;
		goto out;
	}
	if (!err)
		err = run_script(f, script_unpack, "", QUICK_MS, &text);
	if (err && err != -EINTR)
		log_err("cannot unpack %s: %s", spec.s, f->said.len ? f->said.s : strerror(-err));
out:
	strbuf_release(&text);
	strbuf_release(&spec);
	strbuf_release(&deb);
	strbuf_release(&sum);
	return err == -ENODATA ? -ENOTSUP : err;
}

static int write_note(struct fetch *f)
{
	struct strbuf path = STRBUF_INIT, sum = STRBUF_INIT;
	FILE *file = NULL;
	int err;

	strbuf_addf(&path, "%s/vmlinuz", f->work.s);
	err = fetch_sha256(path.s, &sum);
	strbuf_reset(&path);
	strbuf_addf(&path, "%s/note", f->work.s);
	if (!err && !(file = fopen(path.s, "we")))
		err = -errno;
	if (!err && fprintf(file, "package %s %s\ndeb_sha256 %s\nvmlinuz_sha256 %s\n", f->package.s,
			    f->package_version.s, f->sha256.s, sum.s) < 0)
		err = -EIO;
	if (file && fclose(file) && !err)
		err = -errno;
	if (err)
		log_err_sys(err, "cannot write %s", path.s);
	strbuf_release(&path);
	strbuf_release(&sum);
	return err;
}

/* mkdir -p; the last part may be there. */
static int make_dirs(const char *path)
{
	char *copy = strdup(path);
	int err = copy ? 0 : -ENOMEM;

	for (char *at = copy; !err && at; at = strchr(at + 1, '/')) {
		if (at == copy && *at == '/')
			continue;
		*at = '\0';
		if (*copy && mkdir(copy, 0777) && errno != EEXIST)
			err = -errno;
		*at = '/';
	}
	if (!err && mkdir(path, 0777) && errno != EEXIST)
		err = -errno;
	free(copy);
	return err;
}

static void remove_tree(const char *path)
{
	const char *const argv[] = {"rm", "-rf", "--", path, NULL};
	struct strbuf out = STRBUF_INIT;

	subproc_capture(argv, QUICK_MS, &out, &out);
	strbuf_release(&out);
}

/* In @dir's place at once; who came first at the same moment has the same kernel. */
static int put_in_place(struct fetch *f, const char *dir)
{
	if (chmod(f->work.s, 0755))
		return -errno;
	if (!rename(f->work.s, dir))
		return 0;
	remove_tree(dir);
	return rename(f->work.s, dir) ? -errno : 0;
}

static int make_work_folder(struct fetch *f, const char *cache)
{
	struct strbuf above = STRBUF_INIT;
	int err;

	strbuf_addf(&above, "%s/kernels", cache);
	err = make_dirs(above.s);
	strbuf_addf(&f->work, "%s/fetch.XXXXXX", above.s);
	if (!err && !mkdtemp(f->work.s))
		err = -errno;
	if (err) {
		log_err_sys(err, "cannot write to the cache %s; choose another with BEEBENCH_CACHE",
			    cache);
		strbuf_reset(&f->work);
	}
	strbuf_release(&above);
	return err;
}

static int tools_are_there(void)
{
	static const char *const tools[] = {"apt-cache", "apt-get", "dpkg-deb", "tar", "sha256sum"};
	char path[512];

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (subproc_find_program(tools[i], path, sizeof(path))) {
			log_err("no %s here, and without it no kernel can be fetched; give one by "
				"path: -k /boot/vmlinuz-..",
				tools[i]);
			return -ENOTSUP;
		}
	return 0;
}

int fetch_kernel(const char *version, const char *cache, const char *dir)
{
	struct fetch f = {version,     STRBUF_INIT, STRBUF_INIT, STRBUF_INIT,
			  STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
	int err = tools_are_there();

	if (!err)
		err = make_work_folder(&f, cache);
	if (!err)
		err = choose_package(&f, cache);
	if (!err)
		err = download(&f);
	if (!err)
		err = write_note(&f);
	if (!err) {
		err = put_in_place(&f, dir);
		if (err)
			log_err_sys(err, "cannot put the kernel into %s", dir);
		else
			strbuf_reset(&f.work);
	}
	if (f.work.len)
		remove_tree(f.work.s);
	strbuf_release(&f.work);
	strbuf_release(&f.lists);
	strbuf_release(&f.package);
	strbuf_release(&f.package_version);
	strbuf_release(&f.sha256);
	strbuf_release(&f.said);
	return err;
}
