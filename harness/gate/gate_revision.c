/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Holds the current build against a revision's, monitor by monitor. */
#include "lib/base.h"
#include "harness/gate/gate_revision.h"

#include <stdlib.h>
#include <string.h>

#include "harness/gate/gate_lanes.h"
#include "harness/result.h"
#include "harness/said.h"
#include "lib/strbuf.h"

/* A pair that is not measured, with its reason. */
static int settle(struct run *run, const char *base, const char *head, enum gate_verdict verdict,
		  const char *reason)
{
	const struct gate_pair pair = {base, head};
	struct json_object *out = json_object_new_array();
	int err;

	judge_without_lanes(&pair, verdict, reason, out);
	err = sink_emit(run->sink, json_object_get(json_object_array_get_idx(out, 0)));
	json_object_put(out);
	return err;
}

static bool same_bytes(const char *a, const char *b)
{
	struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;
	bool same = !strbuf_read_file(&x, a) && !strbuf_read_file(&y, b) && x.len == y.len &&
		    !memcmp(x.s, y.s, x.len);

	strbuf_release(&x);
	strbuf_release(&y);
	return same;
}

static int compare(struct run *run, const struct gate_policy *policy, const struct gate_base *base,
		   const struct gate_object *head)
{
	char *path = gate_base_object(base, head->name);
	struct gate_object old = {0};
	int err;

	if (!path)
		return settle(run, base->rev, head->name, GATE_SKIP,
			      "the base has no monitor of that name: there is nothing to hold it "
			      "against");
	err = gate_object_find(&old, path);
	if (!err && same_bytes(path, head->path))
		err = settle(run, old.name, head->name, GATE_PASS,
			     "same bytes: both objects are equal, nothing was measured");
	else if (!err)
		err = gate_lanes_of(run, policy, &old, head);
	gate_object_release(&old);
	free(path);
	return err;
}

/* A base that cannot be had is a record too: reports are made of records. @said: what went wrong.
 */
static int no_base(struct run *run, const struct gate_base *base, const struct said *said)
{
	const char *reason = said_reason(said);
	struct strbuf line = STRBUF_INIT;
	int err;

	strbuf_add(&line, reason, strcspn(reason, "\n"));
	if (line.len && line.s[line.len - 1] == ':')
		line.s[--line.len] = '\0';
	err = settle(run, base->rev, "the current build", GATE_ENVIRONMENT, line.s);
	strbuf_release(&line);
	return err;
}

static int compare_all(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		       const struct gate_object *head, const char *const *names)
{
	struct said said = {0};
	int err;

	said_listen(&said);
	err = gate_base_build(base, names, run->progress);
	said_end(&said, true);
	if (err && err != -EINTR)
		err = no_base(run, base, &said);
	else
		for (size_t i = 0; names[i] && !err; i++)
			err = compare(run, policy, base, &head[i]);
	said_release(&said);
	return err;
}

int gate_revision(struct run *run, const struct gate_policy *policy, struct gate_base *base,
		  const char *const *specs)
{
	struct gate_object head[POLICY_LIST_MAX] = {0};
	const char *names[POLICY_LIST_MAX + 1] = {0};
	size_t n = 0;
	int err = 0;

	for (; specs[n] && n < POLICY_LIST_MAX && !err; n++) {
		err = gate_object_find(&head[n], specs[n]);
		names[n] = head[n].name;
	}
	if (!err)
		err = compare_all(run, policy, base, head, names);
	for (size_t i = 0; i < n; i++)
		gate_object_release(&head[i]);
	return err;
}
