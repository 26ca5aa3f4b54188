/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs gnuplot on the data files and sees that pictures came out of it. */
#include "lib/base.h"
#include "harness/report/plot.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/plugin.h"
#include "harness/result.h"
#include "lib/data.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"

enum { DRAW_TIMEOUT_MS = 60000, PICTURE_MIN_BYTES = 1000 };

static int find_scripts(struct strbuf *out)
{
	char folder[PATH_MAX], style[PATH_MAX];
	int err = data_path("plots", folder, sizeof(folder));

	err = err ? err : data_path("plots/style.gp", style, sizeof(style));
	if (err) {
		log_err_sys(err, "cannot find out where the plot scripts are");
		return err;
	}
	if (access(style, R_OK)) {
		log_err("no plot scripts in %s: 'make' copies them there", folder);
		return -ENOENT;
	}
	strbuf_addstr(out, folder);
	return 0;
}

static int write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");
	int err = f ? 0 : -errno;

	if (f && fwrite(text, 1, len, f) != len)
		err = -EIO;
	if (f && fclose(f) && !err)
		err = -errno;
	if (err)
		log_err_sys(err, "cannot write %s", path);
	return err;
}

/* gnuplot names one font; a viewer without it gets one of the same width. */
static int add_font_fallback(const char *path)
{
	static const char had[] = "font-family=\"DejaVu Sans\"";
	static const char has[] = "font-family=\"DejaVu Sans, Verdana, sans-serif\"";
	struct strbuf svg = STRBUF_INIT, out = STRBUF_INIT;
	int err = strbuf_read_file(&svg, path);

	if (err) {
		log_err_sys(err, "cannot read %s", path);
		goto out;
	}
	for (const char *at = svg.s; *at;) {
		const char *hit = strstr(at, had);

		strbuf_add(&out, at, hit ? (size_t)(hit - at) : strlen(at));
		if (!hit)
			break;
		strbuf_addstr(&out, has);
		at = hit + sizeof(had) - 1;
	}
	err = write_file(path, out.s, out.len);
out:
	strbuf_release(&svg);
	strbuf_release(&out);
	return err;
}

static int check_picture(const char *base, const char *ext, const char *said)
{
	struct strbuf path = STRBUF_INIT;
	struct stat st;
	int err = 0;

	strbuf_addf(&path, "%s.%s", base, ext);
	if (stat(path.s, &st) || st.st_size < PICTURE_MIN_BYTES) {
		log_err("gnuplot left no picture in %s: %s", path.s,
			*said ? said : "it said nothing");
		err = -EIO;
	} else if (!strcmp(ext, "svg")) {
		err = add_font_fallback(path.s);
	}
	strbuf_release(&path);
	return err;
}

/* So that no picture of another attempt, or half a one, is taken for this one's. */
static void remove_pictures(const char *base)
{
	static const char *const exts[] = {"svg", "png"};

	for (size_t i = 0; i < ARRAY_SIZE(exts); i++) {
		struct strbuf path = STRBUF_INIT;

		strbuf_addf(&path, "%s.%s", base, exts[i]);
		unlink(path.s);
		strbuf_release(&path);
	}
}

/* A path that gnuplot can take for nothing but a name: one that begins with '<', '|' or '~' it
 * would run or expand. */
static void add_name(struct strbuf *out, const char *folder, const char *name, const char *ext)
{
	strbuf_addf(out, "%s%s/%s%s", *folder == '/' ? "" : "./", folder, name, ext);
}

static int draw(const char *name, const char *scripts, const char *dir)
{
	struct strbuf script = STRBUF_INIT, data = STRBUF_INIT, base = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT, said = STRBUF_INIT;
	int rc, err = 0;

	add_name(&script, scripts, name, ".gp");
	add_name(&data, dir, name, ".dat");
	add_name(&base, dir, name, "");
	remove_pictures(base.s);
	rc = subproc_capture((const char *const[]){"gnuplot", "-c", script.s, data.s, base.s, NULL},
			     DRAW_TIMEOUT_MS, &out, &said);
	if (rc) {
		log_err("gnuplot could not draw %s from %s (%s %d): %s", name, data.s,
			rc < 0 ? "error" : "exit code", abs(rc), said.s);
		err = -EIO;
	} else {
		err = check_picture(base.s, "svg", said.s);
		if (!err)
			err = check_picture(base.s, "png", said.s);
	}
	if (err)
		remove_pictures(base.s);
	strbuf_release(&script);
	strbuf_release(&data);
	strbuf_release(&base);
	strbuf_release(&out);
	strbuf_release(&said);
	return err;
}

static int write_data(const char *name, const struct run_file *run, const char *dir)
{
	struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	int points = plot_data(name, run, &text), err;

	strbuf_addf(&path, "%s/%s.dat", dir, name);
	err = write_file(path.s, text.s, text.len);
	if (!err && points <= 0) {
		log_err("the picture '%s' would be empty: the records of this run hold no number "
			"to "
			"draw (%s)",
			name, path.s);
		err = -ENODATA;
	}
	strbuf_release(&text);
	strbuf_release(&path);
	return err;
}

/* Asked before the first picture, so that its absence is said once. */
static bool gnuplot_there(void)
{
	const char *at = getenv("PATH");
	bool there = false;

	while (at && *at && !there) {
		size_t len = strcspn(at, ":");
		struct strbuf name = STRBUF_INIT;

		strbuf_add(&name, at, len);
		strbuf_addstr(&name, "/gnuplot");
		there = !access(name.s, X_OK);
		strbuf_release(&name);
		at += len;
		at += *at == ':';
	}
	return there;
}

static int make_folder(const char *dir)
{
	int err = mkdir(dir, 0777) && errno != EEXIST ? -errno : 0;

	if (err)
		log_err_sys(err, "cannot make the folder %s", dir);
	return err;
}

int plot_write_all(const struct run_file *run, const char *scripts)
{
	struct strbuf dir = STRBUF_INIT, found = STRBUF_INIT;
	bool can_draw = gnuplot_there();
	int err, first = 0;

	strbuf_addf(&dir, "%s/plots", run->dir);
	err = make_folder(dir.s);
	if (!err && !scripts) {
		err = find_scripts(&found);
		scripts = found.s;
	}
	/* Who was asked to end has a second: the data is written, the pictures can be drawn later.
	 */
	for (size_t i = 0; !err && plot_names[i]; i++) {
		int e;

		if (!plot_has_data(plot_names[i], run))
			continue;
		e = write_data(plot_names[i], run, dir.s);
		if (!e && can_draw && !run_interrupted())
			e = draw(plot_names[i], scripts, dir.s);
		first = first ? first : e;
	}
	if (!err && !can_draw) {
		log_err("gnuplot is missing, so there are no pictures: 'apt-get install "
			"gnuplot-nox' "
			"brings it (the data is in %s)",
			dir.s);
		err = -ENOTSUP;
	}
	strbuf_release(&dir);
	strbuf_release(&found);
	return err ? err : first;
}
