/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel is asked for a session first, then for a multi link, then for a perf event a place.
 * libbpf 1.1 knows neither of the first two: their link is made by bpf(2) itself, as
 * include/uapi/linux/bpf.h has it (union bpf_attr, link_create.uprobe_multi).
 */
#include "lib/base.h"
#include "memprof/attach/probes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collector/object_error.h"
#include "lib/log.h"
#include "lib/why.h"
#include "memprof/kernel/filter.h"
#include "memprof/kernel/tracer.h"

/* Of enum bpf_attach_type, and enum bpf_cmd: newer than the headers of some systems. */
enum { ATTACH_UPROBE_MULTI = 48, ATTACH_UPROBE_SESSION = 57, COMMAND_LINK_CREATE = 28 };
enum { MULTI_RETURN = 1 }; /* BPF_F_UPROBE_MULTI_RETURN */
enum { LINKS_MAX = 2 * PLACES_MAX + 1 };

const char *const probes_way_names[] = {"best", "session", "multi", "plain"};

struct probes {
	struct probes_options opts;
	enum probes_way way;
	struct bpf_object *bpf;
	struct bpf_link *links[LINKS_MAX];
	size_t nlinks;
	int fds[4]; /* of links that libbpf does not know */
	size_t nfds;
};

/* link_create of union bpf_attr with its uprobe_multi. */
struct multi_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, reference_offsets, cookies;
	uint32_t count, multi_flags, pid;
	uint32_t unused;
};

static bool is_usdt(const struct places *at)
{
	return at->n && at->v[0].function >= USER_USDT_ALLOC;
}

static struct bpf_program *program(const struct probes *p, const char *name)
{
	return bpf_object__find_program_by_name(p->bpf, name);
}

/* --- loading --------------------------------------------------------------------------------- */

static int fill_settings(struct probes *p)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->bpf, ".rodata");
	struct user_settings s = {
		.every = p->opts.every, .rate = p->opts.rate, .tgid = (uint32_t)p->opts.pid};

	filter_namespace(&s.pidns_device, &s.pidns_inode);
	for (int i = 0; i <= 256; i++)
		s.log2[i] = (uint32_t)lrint(log2(1 + i / 256.0) * 65536);
	return map ? bpf_map__set_initial_value(map, &s, sizeof(s)) : -ENOENT;
}

static int set_room(struct probes *p, const char *map, uint32_t entries)
{
	struct bpf_map *m = bpf_object__find_map_by_name(p->bpf, map);

	return m && entries ? bpf_map__set_max_entries(m, entries) : m ? 0 : -ENOENT;
}

static void choose(struct probes *p, const char *name, int attach_type)
{
	bpf_program__set_autoload(program(p, name), true);
	if (attach_type)
		bpf_program__set_expected_attach_type(program(p, name),
						      (enum bpf_attach_type)attach_type);
}

static int load(struct probes *p, const struct places *at, const char *path, struct strbuf *why)
{
	const int multi = p->way == PROBES_PLAIN ? 0 : ATTACH_UPROBE_MULTI;
	int err;

	p->bpf = bpf_object__open_file(path, NULL);
	if (!p->bpf)
		return object_explain_load(path, NULL, -errno, why);
	err = fill_settings(p);
	err = err ? err
		  : set_room(p, "user_lives",
			     p->opts.live_max ? p->opts.live_max + USER_ENDED_MAX : 0);
	err = err ? err : set_room(p, "user_samples", p->opts.ring_bytes);
	if (err) {
		why_err_sys(why, err, "%s cannot be set up", path);
		return err;
	}
	choose(p, "user_exec", 0);
	if (is_usdt(at))
		choose(p, "user_usdt", 0);
	else if (p->way == PROBES_SESSION)
		choose(p, "user_session", ATTACH_UPROBE_SESSION);
	if (!is_usdt(at))
		choose(p, "user_entry", multi);
	if (!is_usdt(at) && p->way != PROBES_SESSION)
		choose(p, "user_return", multi);
	err = bpf_object__load(p->bpf);
	return err ? object_explain_load(path, p->bpf, err, why) : 0;
}

/* --- attaching ------------------------------------------------------------------------------- */

/* One link for the allocating functions, or for free, where the program has it. */
static int attach_multi(struct probes *p, const struct places *at, const char *name, bool free,
			uint32_t flags, int attach_type)
{
	unsigned long offsets[PLACES_MAX];
	uint64_t cookies[PLACES_MAX];
	union {
		struct multi_attr a;
		char room[128];
	} u;
	int fd;

	memset(&u, 0, sizeof(u));
	for (size_t i = 0; i < at->n; i++)
		if (ends_blocks(at->v[i].function) == free) {
			offsets[u.a.count] = at->v[i].offset;
			cookies[u.a.count++] = at->v[i].function;
		}
	if (!u.a.count)
		return 0;
	u.a.prog_fd = (uint32_t)bpf_program__fd(program(p, name));
	u.a.attach_type = (uint32_t)attach_type;
	u.a.path = (uintptr_t)at->path;
	u.a.offsets = (uintptr_t)offsets;
	u.a.cookies = (uintptr_t)cookies;
	u.a.multi_flags = flags;
	u.a.pid = (uint32_t)p->opts.pid;
	fd = (int)syscall(SYS_bpf, COMMAND_LINK_CREATE, &u, sizeof(u));
	if (fd < 0)
		return -errno;
	p->fds[p->nfds++] = fd;
	return 0;
}

static int attach_plain(struct probes *p, const struct places *at, const struct place *place,
			const char *name, bool at_return)
{
	DECLARE_LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = at_return,
			    .bpf_cookie = place->function, .ref_ctr_offset = place->semaphore);
	struct bpf_link *link = bpf_program__attach_uprobe_opts(program(p, name), p->opts.pid,
								at->path, place->offset, &opts);

	if (!link)
		return -errno;
	p->links[p->nlinks++] = link;
	return 0;
}

static int attach_all_plain(struct probes *p, const struct places *at)
{
	const char *entry = is_usdt(at) ? "user_usdt" : "user_entry";
	int err = 0;

	/* What ends calls first, then what ends blocks, then what begins them: nothing is begun
	 * whose end is not seen. */
	for (size_t i = 0; !err && i < at->n && !is_usdt(at); i++)
		if (!ends_blocks(at->v[i].function))
			err = attach_plain(p, at, &at->v[i], "user_return", true);
	for (int end = 1; !err && end >= 0; end--)
		for (size_t i = 0; !err && i < at->n; i++)
			if (ends_blocks(at->v[i].function) == end)
				err = attach_plain(p, at, &at->v[i], entry, false);
	return err;
}

/* What the process becomes is told before anything that it allocates. */
static int attach_exec(struct probes *p)
{
	struct bpf_link *link = bpf_program__attach(program(p, "user_exec"));

	if (!link)
		return -errno;
	p->links[p->nlinks++] = link;
	return 0;
}

static int attach(struct probes *p, const struct places *at)
{
	int err = attach_exec(p);

	if (err)
		return err;
	if (p->way == PROBES_PLAIN || is_usdt(at))
		return attach_all_plain(p, at);
	if (p->way == PROBES_MULTI)
		err = attach_multi(p, at, "user_return", false, MULTI_RETURN, ATTACH_UPROBE_MULTI);
	err = err ? err : attach_multi(p, at, "user_entry", true, 0, ATTACH_UPROBE_MULTI);
	if (!err && p->way == PROBES_MULTI)
		err = attach_multi(p, at, "user_entry", false, 0, ATTACH_UPROBE_MULTI);
	else if (!err)
		err = attach_multi(p, at, "user_session", false, 0, ATTACH_UPROBE_SESSION);
	return err;
}

/* What begins blocks goes first, as it came last: the kernel takes its time over each, and a free
 * that is not seen meanwhile would leave a block live. */
void probes_stop(struct probes *p)
{
	while (p->nlinks)
		bpf_link__destroy(p->links[--p->nlinks]);
	while (p->nfds)
		close(p->fds[--p->nfds]);
}

static void unload(struct probes *p)
{
	probes_stop(p);
	bpf_object__close(p->bpf);
	p->bpf = NULL;
}

static int try_way(struct probes *p, const struct places *at, enum probes_way way, const char *path,
		   struct strbuf *why)
{
	int err;

	p->way = way;
	err = load(p, at, path, why);
	if (!err) {
		err = attach(p, at);
		if (err)
			why_err_sys(why, err, "cannot put probes into %s (%s)", at->shown,
				    probes_way_names[way]);
	}
	if (err)
		unload(p);
	return err;
}

int probes_open(struct probes **out, const struct probes_options *opts, const struct places *at,
		struct strbuf *why)
{
	struct probes *p = calloc(1, sizeof(*p));
	char path[4096];
	int err;

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->opts = *opts;
	object_listen();
	err = tracer_object("user", path, sizeof(path));
	err = err ? err : tracer_may(PROBES_TAKE, why);
	if (!err && opts->way != PROBES_BEST) {
		err = try_way(p, at, opts->way, path, why);
	} else if (!err) {
		struct strbuf tried = STRBUF_INIT;

		err = is_usdt(at) ? -ENOTSUP : try_way(p, at, PROBES_SESSION, path, &tried);
		if (err && !is_usdt(at))
			err = try_way(p, at, PROBES_MULTI, path, &tried);
		if (err)
			err = try_way(p, at, PROBES_PLAIN, path, why);
		log_dbg("%s", tried.s);
		strbuf_release(&tried);
	}
	if (err) {
		probes_close(p);
		return err;
	}
	*out = p;
	return 0;
}

enum probes_way probes_way(const struct probes *p)
{
	return p->way;
}

int probes_map(const struct probes *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->bpf, name);
}

int probes_counters(const struct probes *p, struct user_counters *out)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(p->bpf, ".bss");
	size_t size = map ? bpf_map__value_size(map) : 0;
	uint32_t zero = 0;
	char *data = size >= sizeof(*out) ? malloc(size) : NULL;
	int err = 0;

	if (!data)
		return -EPROTO;
	if (bpf_map_lookup_elem(bpf_map__fd(map), &zero, data))
		err = -errno;
	else
		memcpy(out, data, sizeof(*out));
	free(data);
	for (int b = 0; !err && b < USER_BUCKETS; b++) {
		out->allocs += out->sizes[b];
		out->bytes += out->size_bytes[b];
		out->found += out->lifetimes[b];
	}
	return err;
}

void probes_close(struct probes *p)
{
	if (!p)
		return;
	unload(p);
	free(p);
}
