/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What there is to merge: files are read once, line by line, for the runs in them. Of a merged file
 * the header says which runs follow and how many records each has; a run of its own is one such.
 * That header is a line of hundreds of megabytes where there are many runs, and is read run by run.
 * What is kept of a run is where it is, and a few words.
 */
#include "lib/base.h"
#include "harness/merge/merge.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/plugin.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/result_head.h"
#include "lib/fnv.h"
#include "lib/log.h"

/* As fnv_add(), but eight bytes at a time, the lowest first on every processor: gigabytes go
 * through here, and the hash becomes the merged run's id. */
static uint64_t hash_text(uint64_t hash, const char *s, size_t n)
{
	uint64_t word;

	for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		hash = (hash ^ le64toh(word)) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return fnv_add(hash, s, n);
}

/* A file that is read line by line. */
struct lines {
	FILE *f;
	const char *path;
	char *text;
	size_t cap;
	ssize_t len; /* without the line end */
	uint64_t line;
	bool whole; /* it had a line end */
};

static bool next_line(struct lines *l)
{
	l->len = getline(&l->text, &l->cap, l->f);
	if (l->len <= 0)
		return false;
	l->line++;
	l->whole = l->text[l->len - 1] == '\n';
	if (l->whole)
		l->text[--l->len] = '\0';
	return true;
}

static int broken(const struct lines *l, const char *what)
{
	log_err("%s:%llu: %s", l->path, (unsigned long long)l->line, what);
	return -EINVAL;
}

/* What a disk leaves that lost a block; text behind it would be read by nobody. */
static bool has_zero(const struct lines *l)
{
	return memchr(l->text, '\0', (size_t)l->len);
}

/* The line's text as one value and nothing behind it, or NULL. */
static struct json_object *parse_line(const struct lines *l)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *o;

	if (!t)
		abort();
	o = json_tokener_parse_ex(t, l->text, (int)l->len);
	if (json_tokener_get_parse_end(t) != (size_t)l->len) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(t);
	return o;
}

/* The line is a record of @type, whoever wrote it: other programs put blanks and members
 * elsewhere. Only where both words stand in it is it worth being parsed. */
static bool is_record(const struct lines *l, const char *type)
{
	struct json_object *o;
	char word[16];
	bool is;

	snprintf(word, sizeof(word), "\"%s\"", type);
	if (!strstr(l->text, word) || !strstr(l->text, "\"type\""))
		return false;
	o = json_tokener_parse(l->text);
	is = record_is(o, type);
	json_object_put(o);
	return is;
}

/* ,"run":"ID","no":7} */
static void tag(struct strbuf *out, const char *id, uint64_t no)
{
	strbuf_addf(out, ",\"run\":\"%s\",\"no\":%llu}", id, (unsigned long long)no);
}

/* The line of record @no without its tag: how much of it, before the last brace. -EINVAL after
 * saying that it is another's. */
static ssize_t untagged(const struct lines *l, const struct part *p, uint64_t no)
{
	struct strbuf end = STRBUF_INIT;
	ssize_t n = l->len - 1;

	if (has_zero(l))
		return broken(l, "a zero byte is in this record: the file was damaged");
	if (l->len < 2 || l->text[0] != '{' || l->text[l->len - 1] != '}')
		return broken(l, "this is no record: it is no object on a line of its own");
	if (p->tagged) {
		tag(&end, p->id, no);
		n = l->len - (ssize_t)end.len;
		if (n < 1 || strcmp(l->text + n, end.s))
			n = broken(l, "this record is not the one that the header says is here");
		strbuf_release(&end);
	}
	return n;
}

/* One string for all that are equal; NULL of NULL. */
static const char *word(struct parts *p, const char *s)
{
	size_t at = s ? names_add(&p->words, s) : 0;

	return s ? p->words.v[at] : NULL;
}

static const char *text_of(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

/* What the runs of one kind of machine have in common is kept once. */
static void share(struct parts *p, struct part *it, struct json_object *header)
{
	static const char *const of_host[] = {"kernel", "machine", "cpu"};
	struct json_object *o = json_object_new_object(), *host = json_object_new_object(),
			   *given = record_get(header, "host");
	size_t n = p->shared_texts.n;

	for (size_t i = 0; i < ARRAY_SIZE(of_host); i++)
		record_put(host, of_host[i], json_object_get(record_get(given, of_host[i])));
	record_put(o, "tool", json_object_get(record_get(header, "tool")));
	record_put(o, "host", host);
	record_put(o, "objects", json_object_get(record_get(header, "objects")));
	it->shared_at = names_add(&p->shared_texts, text_of(o));
	if (it->shared_at == n) {
		p->shared = reallocarray(p->shared, n + 1, sizeof(struct json_object *));
		if (!p->shared)
			abort();
		/* From its text: it shall hold nothing of the header's. */
		p->shared[n] = json_tokener_parse(p->shared_texts.v[n]);
	}
	it->shared = p->shared[it->shared_at];
	json_object_put(o);
}

/* @at, @bytes: where in the file what has the header is. */
static struct part *new_part(struct parts *p, struct json_object *header, const char *path, long at,
			     long bytes)
{
	struct part *all = p->part, *it;
	const char *text = text_of(header);

	/* Room doubles at powers of two. */
	if (!(p->n & (p->n - 1)))
		all = reallocarray(all, p->n ? 2 * p->n : 1, sizeof(*all));
	if (!all)
		abort();
	p->part = all;
	it = &all[p->n++];
	*it = (struct part){.id = strdup(record_str(header, "id", "")),
			    .path = word(p, path),
			    .host_id = word(p, record_str(header, "host.id", NULL)),
			    .host_name = word(p, record_str(header, "host.name", NULL)),
			    .started = word(p, record_str(header, "started", NULL)),
			    .cell = word(p, record_str(header, "cell.id", NULL)),
			    .header = at,
			    .header_bytes = bytes,
			    .header_hash = hash_text(FNV_BEGIN, text, strlen(text)),
			    .hash = FNV_BEGIN};
	if (!it->id)
		abort();
	share(p, it, header);
	return it;
}

const char *part_machine(const struct part *p)
{
	return p->host_id ? p->host_id : p->host_name ? p->host_name : "?";
}

const char *part_host(const struct part *p)
{
	return p->host_name ? p->host_name : part_machine(p);
}

struct json_object *part_header(const struct part *p)
{
	char *text = calloc(1, (size_t)p->header_bytes + 1);
	int fd = open(p->path, O_RDONLY | O_CLOEXEC);
	struct json_object *o = NULL, *header = NULL;

	if (!text)
		abort();
	if (fd < 0)
		log_err_sys(-errno, "cannot read %s again", p->path);
	else if (pread(fd, text, (size_t)p->header_bytes, p->header) == p->header_bytes)
		o = json_tokener_parse(text);
	if (o)
		header = json_object_get(p->tagged ? record_get(o, "header") : o);
	if (header &&
	    hash_text(FNV_BEGIN, text_of(header), strlen(text_of(header))) != p->header_hash) {
		json_object_put(header);
		header = NULL;
	}
	if (fd >= 0 && !header)
		log_err("%s: the file has changed while it was read", p->path);
	if (fd >= 0)
		close(fd);
	json_object_put(o);
	free(text);
	return header;
}

/* An id is a name for files, and stands in every record: letters, digits and a few signs. */
static bool is_id(const char *id)
{
	return *id && strlen(id) < 128 &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:") ==
		       strlen(id);
}

/* The records of one run that is a file of its own, to its end record or to the end of the file. */
static int take_own(struct parts *p, struct lines *l, struct json_object *header)
{
	struct part *it = new_part(p, header, l->path, 0, ftell(l->f));
	int c = head_sign(l->f);

	if (c != '\n' && c != EOF)
		return broken(l, "something is behind the header on its line");
	it->offset = ftell(l->f);
	while (next_line(l)) {
		ssize_t n;

		if (run_interrupted())
			return -EINTR;
		if (it->end)
			return broken(l,
				      "a record after the end of the run: two runs in one file?");
		if (!l->whole) {
			log_warn("%s:%llu: the last line was cut off in the middle; it is left out",
				 l->path, (unsigned long long)l->line);
			break;
		}
		if (is_record(l, "run"))
			return broken(l, "a second run in one file; 'beebench merge' takes files");
		if (is_record(l, "end")) {
			struct json_object *end = parse_line(l);

			if (!end)
				return broken(l, "this end record is no JSON");
			it->end = word(p, text_of(end));
			json_object_put(end);
			continue;
		}
		n = untagged(l, it, it->records);
		if (n < 0)
			return (int)n;
		it->hash = hash_text(it->hash, l->text, (size_t)n);
		it->records++;
	}
	return 0;
}

/* One of the list. 1; 0: it ends here; -EINVAL after saying so. */
static int take_listed(struct parts *p, struct lines *l, struct strbuf *text, bool first)
{
	int c = head_sign(l->f), err = -EINVAL;
	struct json_object *o = NULL, *header;
	struct part *it;
	uint64_t records;
	long at;

	if (c == ']')
		return head_sign(l->f) == '}' && head_sign(l->f) == '\n' ? 0 : -EINVAL;
	if (first)
		ungetc(c, l->f);
	else if (c != ',')
		return -EINVAL;
	at = ftell(l->f);
	strbuf_reset(text);
	if (head_value(l->f, text))
		o = json_tokener_parse(text->s);
	header = record_get(o, "header");
	records = record_u64(o, "records", UINT64_MAX);
	if (is_id(record_str(header, "id", "")) && records != UINT64_MAX) {
		it = new_part(p, header, l->path, at, ftell(l->f) - at);
		it->tagged = true;
		if (record_get(o, "end"))
			it->end = word(p, text_of(record_get(o, "end")));
		it->records = records;
		err = 1;
	}
	json_object_put(o);
	return err;
}

static int take_records(struct lines *l, struct part *it)
{
	it->offset = ftell(l->f);
	for (uint64_t no = 0; no < it->records; no++) {
		ssize_t len = next_line(l) && l->whole ? untagged(l, it, no)
						       : broken(l, "the file ends here, "
								   "before all of its runs");

		if (len < 0 || run_interrupted())
			return len < 0 ? (int)len : -EINTR;
		it->hash = hash_text(it->hash, l->text, (size_t)len);
	}
	return 0;
}

static int take_merged(struct parts *p, struct lines *l)
{
	struct strbuf text = STRBUF_INIT;
	size_t first = p->n;
	int more = 1, err = 0;

	while (more == 1)
		more = run_interrupted() ? -EINTR : take_listed(p, l, &text, p->n == first);
	strbuf_release(&text);
	if (more == -EINVAL)
		return broken(l, "the list of the runs in here is not what merge writes");
	for (size_t i = first; i < p->n && !more && !err; i++)
		err = take_records(l, &p->part[i]);
	return more ? more : err;
}

static int take_file(struct parts *p, struct lines *l)
{
	struct strbuf head = STRBUF_INIT;
	enum head is = head_take(l->f, &head);
	struct json_object *header = is == HEAD_NONE ? NULL : json_tokener_parse(head.s);
	int err;

	l->line = 1;
	if (!header || !record_is(header, "run") || !is_id(record_str(header, "id", "")))
		err = broken(l, "this is no run: it does not begin with a record of type \"run\" "
				"that has an id");
	else if (record_u64(header, "schema", 0) != RESULT_SCHEMA)
		err = broken(l,
			     "its schema is another one than this beebench's; runs of one schema "
			     "can be merged");
	else if (is == HEAD_MERGED)
		err = take_merged(p, l);
	else
		err = take_own(p, l, header);
	json_object_put(header);
	strbuf_release(&head);
	return err;
}

static int add_file(struct parts *p, const char *path)
{
	struct lines l = {.f = fopen(path, "re"), .path = path};
	int err;

	if (!l.f) {
		err = -errno;
		log_err_sys(err, "cannot read the run %s", path);
	} else {
		err = take_file(p, &l);
		fclose(l.f);
	}
	free(l.text);
	return err;
}

static int is_json(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends_with(e->d_name, ".json");
}

/* Each ID.json of a folder that is no run's own. */
static int add_folder(struct parts *p, const char *dir)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, is_json, alphasort), err = n < 0 ? -errno : 0;

	if (err)
		log_err_sys(err, "cannot read the folder %s", dir);
	if (!err && !n) {
		log_err("cannot read the run %s/run.json: there is none, and no result of a cell "
			"(ID.json) either; runs that lie in it are named one by one: %s/*",
			dir, dir);
		err = -ENOENT;
	}
	for (int i = 0; i < n; i++) {
		struct strbuf file = STRBUF_INIT;

		strbuf_addf(&file, "%s/%s", dir, list[i]->d_name);
		err = err ? err : add_file(p, file.s);
		strbuf_release(&file);
		free(list[i]);
	}
	free(list);
	return err;
}

int parts_add(struct parts *p, const char *path)
{
	struct strbuf file = STRBUF_INIT;
	struct stat st;
	int err;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return add_file(p, path);
	strbuf_addf(&file, "%s/run.json", path);
	err = access(file.s, F_OK) ? add_folder(p, path) : add_file(p, file.s);
	strbuf_release(&file);
	return err;
}

/* What a file begins with, and the id of the run. */
static enum head look_at(const char *path, struct strbuf *id)
{
	FILE *f = fopen(path, "re");
	struct strbuf head = STRBUF_INIT;
	enum head is = f ? head_take(f, &head) : HEAD_NONE;
	struct json_object *header = is == HEAD_NONE ? NULL : json_tokener_parse(head.s);

	if (!record_is(header, "run"))
		is = HEAD_NONE;
	else
		strbuf_addstr(id, record_str(header, "id", ""));
	json_object_put(header);
	strbuf_release(&head);
	if (f)
		fclose(f);
	return is;
}

static int look_at_folder(const char *dir)
{
	struct strbuf file = STRBUF_INIT, id = STRBUF_INIT;
	struct dirent *e;
	DIR *d = opendir(dir);
	int err = 0;

	while (d && !err && (e = readdir(d))) {
		if (!is_json(e))
			continue;
		strbuf_reset(&file);
		strbuf_addf(&file, "%s/%s", dir, e->d_name);
		if (look_at(file.s, &id) == HEAD_NONE)
			continue;
		log_err("%s is a result in that folder, and beside a run.json it would not be "
			"looked at; choose another with --out DIR",
			file.s);
		err = -EEXIST;
	}
	if (d)
		closedir(d);
	strbuf_release(&file);
	strbuf_release(&id);
	return err;
}

int parts_may_become(const char *dir)
{
	struct strbuf file = STRBUF_INIT, id = STRBUF_INIT;
	int err = 0;

	strbuf_addf(&file, "%s/run.json", dir);
	if (access(file.s, F_OK)) {
		err = look_at_folder(dir);
	} else if (look_at(file.s, &id) != HEAD_MERGED) {
		log_err("%s is %s%s and no merged run, and would be lost; choose another folder "
			"with --out DIR",
			file.s, id.len ? "run " : "a file", id.s);
		err = -EEXIST;
	}
	strbuf_release(&file);
	strbuf_release(&id);
	return err;
}

struct hashing {
	uint64_t hash, most;
};

static int hash_record(void *arg, const struct part *p, uint64_t no, const struct strbuf *line)
{
	struct hashing *h = arg;
	struct strbuf end = STRBUF_INIT;

	if (no >= h->most)
		return 1;
	tag(&end, p->id, no);
	h->hash = hash_text(h->hash, line->s, line->len - end.len);
	strbuf_release(&end);
	return 0;
}

/* Does @whole begin with all that @cut has? */
static bool goes_on(const struct part *whole, const struct part *cut)
{
	struct hashing h = {.hash = FNV_BEGIN, .most = cut->records};

	return whole->records >= cut->records && part_each(whole, hash_record, &h) >= 0 &&
	       h.hash == cut->hash;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct part *)a)->id, ((const struct part *)b)->id);
}

static void release(struct part *p)
{
	free(p->id);
}

static bool same_ends(const struct part *a, const struct part *b)
{
	return a->records == b->records && a->hash == b->hash && a->end == b->end;
}

int parts_unite(struct parts *p)
{
	size_t n = 0;

	qsort(p->part, p->n, sizeof(*p->part), by_id);
	for (size_t i = 0; i < p->n; i++) {
		struct part *kept = n ? &p->part[n - 1] : NULL, *it = &p->part[i];

		if (!kept || strcmp(kept->id, it->id)) {
			p->part[n++] = *it;
		} else if (kept->header_hash == it->header_hash &&
			   (same_ends(kept, it) || (!it->end && goes_on(kept, it)))) {
			release(it);
		} else if (kept->header_hash == it->header_hash && !kept->end &&
			   goes_on(it, kept)) {
			release(kept);
			*kept = *it;
		} else {
			log_err("%s and %s are both run %s, and differ: one of them was changed; "
				"merge "
				"the other",
				kept->path, it->path, it->id);
			for (; i < p->n; i++)
				p->part[n++] = p->part[i];
			p->n = n;
			return -EEXIST;
		}
	}
	p->n = n;
	return 0;
}

void parts_release(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		release(&p->part[i]);
	for (size_t i = 0; i < p->shared_texts.n; i++)
		json_object_put(p->shared[i]);
	free(p->shared);
	names_release(&p->shared_texts);
	names_release(&p->words);
	free(p->part);
	*p = (struct parts){0};
}

int part_each(const struct part *p, part_fn fn, void *arg)
{
	struct lines l = {.f = fopen(p->path, "re"), .path = p->path};
	struct strbuf line = STRBUF_INIT;
	int err = 0;

	if (!l.f || fseek(l.f, p->offset, SEEK_SET)) {
		err = -errno;
		log_err_sys(err, "cannot read %s again", p->path);
		goto out;
	}
	for (uint64_t no = 0; no < p->records && !err; no++) {
		ssize_t n = next_line(&l) ? untagged(&l, p, no)
					  : broken(&l, "the file has changed while it was read");

		if (n < 0 || run_interrupted()) {
			err = n < 0 ? (int)n : -EINTR;
			break;
		}
		strbuf_reset(&line);
		strbuf_add(&line, l.text, (size_t)n);
		tag(&line, p->id, no);
		err = fn(arg, p, no, &line);
	}
out:
	if (l.f)
		fclose(l.f);
	free(l.text);
	strbuf_release(&line);
	return err;
}
