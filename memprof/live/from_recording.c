/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A recording: where its profiles begin is known from the start, so that it can be gone through in
 * both directions; each is unpacked when it is shown. */
#include "lib/base.h"
#include "memprof/live/source.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "memprof/profile_file.h"

struct from_recording {
	char *file;
	struct strbuf data, damage;
	size_t *at; /* offsets of profiles */
	size_t n, next;
	bool told; /* the damage was */
};

static int next(void *arg, struct profile **out)
{
	struct from_recording *f = arg;
	size_t offset;

	if (f->next < f->n) {
		offset = f->at[f->next++];
		return profile_unpack(out, f->file, f->data.s, f->data.len, &offset, NULL) ? -EINVAL
											   : 1;
	}
	if (!f->damage.len || f->told)
		return 0;
	f->told = true;
	log_err("%s", f->damage.s);
	return -EINVAL;
}

static bool go(void *arg, int64_t by)
{
	struct from_recording *f = arg;
	int64_t to = (int64_t)f->next + by, last = (int64_t)f->n - 1;
	bool there = to >= 0 && to <= last;

	f->next = (size_t)MIN(MAX(to, (int64_t)0), last);
	f->told = false;
	return there;
}

static void close_it(void *arg)
{
	struct from_recording *f = arg;

	strbuf_release(&f->data);
	strbuf_release(&f->damage);
	free(f->file);
	free(f->at);
	free(f);
}

static void find_profiles(struct from_recording *f)
{
	struct strbuf why = STRBUF_INIT;
	size_t offset = 0, cap = 0;
	int err;

	for (;;) {
		size_t before = offset;

		err = profile_skip(f->file, f->data.s, f->data.len, &offset, &why);
		if (err)
			break;
		if (f->n == cap) {
			cap = cap ? 2 * cap : 64;
			f->at = realloc(f->at, cap * sizeof(*f->at));
			if (!f->at)
				abort();
		}
		f->at[f->n++] = before;
	}
	if (err != -ENODATA) {
		strbuf_addstr(&f->damage, why.s);
		if (f->n)
			strbuf_addf(&f->damage, " (after profile %zu)", f->n);
	} else if (!f->n) {
		strbuf_addf(&f->damage, "%s: a file of profiles with none in it", f->file);
	}
	strbuf_release(&why);
}

int source_of_recording(struct watched_source *out, const char *file)
{
	struct from_recording *f = calloc(1, sizeof(*f));
	int err;

	if (!f || !(f->file = strdup(file)))
		abort();
	f->data = f->damage = (struct strbuf)STRBUF_INIT;
	err = strbuf_read_file(&f->data, file);
	if (err)
		log_err_sys(err, "cannot read the profile %s", file);
	else
		find_profiles(f);
	if (!err && !f->n) {
		log_err("%s", f->damage.s);
		err = -EINVAL;
	}
	if (err) {
		close_it(f);
		return err;
	}
	*out = (struct watched_source){
		.name = f->file, .arg = f, .next = next, .go = go, .close = close_it};
	return 0;
}

const char *source_damage(const struct watched_source *s)
{
	const struct from_recording *f = s->arg;

	return f->damage.len ? f->damage.s : NULL;
}
