/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call tree. Nodes lie in one array, a parent before its children, so that sums go up by one
 * walk from the end; a hash table finds a node by its parent and name.
 */
#include "lib/base.h"
#include "memprof/report/tree.h"

#include <stdlib.h>
#include <string.h>

static void *grown(void *at, size_t n, size_t size)
{
	at = realloc(at, n * size);
	if (!at)
		abort();
	return at;
}

static size_t slot_of(const struct tree *t, uint32_t parent, uint32_t name)
{
	uint64_t h = ((uint64_t)parent << 32 | name) * 0x9e3779b97f4a7c15;
	size_t at = (h >> 20) & (t->index_n - 1);

	while (t->index[at] &&
	       (t->nodes[t->index[at]].parent != parent || t->nodes[t->index[at]].name != name))
		at = (at + 1) & (t->index_n - 1);
	return at;
}

static void grow(struct tree *t)
{
	size_t n = t->index_n ? t->index_n * 2 : 1024;

	t->nodes = grown(t->nodes, n / 2 + 1, sizeof(*t->nodes));
	free(t->index);
	t->index = calloc(n, sizeof(*t->index));
	if (!t->index)
		abort();
	t->index_n = n;
	for (uint32_t i = 1; i < t->n; i++)
		t->index[slot_of(t, t->nodes[i].parent, t->nodes[i].name)] = i;
}

static uint32_t child_of(struct tree *t, uint32_t parent, uint32_t name)
{
	struct tree_node *node;
	size_t at;

	if (t->n >= t->index_n / 2)
		grow(t);
	at = slot_of(t, parent, name);
	if (t->index[at])
		return t->index[at];
	node = &t->nodes[t->n];
	*node = (struct tree_node){.name = name, .parent = parent, .next = t->nodes[parent].child};
	t->nodes[parent].child = (uint32_t)t->n;
	t->index[at] = (uint32_t)t->n;
	return (uint32_t)t->n++;
}

static void add_stack(struct tree *t, const struct report_path *path, int side,
		      const struct profile_values *v)
{
	uint32_t at = 0;

	for (size_t i = 0; i < path->n; i++) {
		at = child_of(t, at, (uint32_t)names_add(&t->names, path->at[i].name));
		t->nodes[at].kernel |= path->at[i].kernel;
	}
	t->nodes[at].leaf = true;
	for (size_t k = 0; k < REPORT_VALUES; k++)
		t->nodes[at].self[side][k] += report_value_of(k, v);
}

void tree_of(struct tree *t, const struct report *r)
{
	struct report_path path = {0};

	*t = (struct tree){0};
	grow(t);
	t->n = 1;
	t->nodes[0] = (struct tree_node){0};
	for (int side = 0; side < 2 && r->side[side].p; side++)
		for (size_t i = 0; i < r->side[side].p->nstacks; i++) {
			const struct profile_stack *s = &r->side[side].p->stacks[i];

			report_path_of(&path, &r->side[side], s, r->split);
			add_stack(t, &path, side, &s->values);
		}
	report_path_release(&path);
	for (size_t i = t->n; i-- > 0;) {
		struct tree_node *n = &t->nodes[i];

		for (int side = 0; side < 2; side++)
			for (size_t k = 0; k < REPORT_VALUES; k++) {
				n->all[side][k] += n->self[side][k];
				if (i)
					t->nodes[n->parent].all[side][k] += n->all[side][k];
			}
	}
}

void tree_release(struct tree *t)
{
	names_release(&t->names);
	free(t->nodes);
	free(t->index);
	*t = (struct tree){0};
}

/* Whether a node above has the same name: then what it has is in that one's already. */
static bool is_within(const struct tree *t, uint32_t node)
{
	uint32_t name = t->nodes[node].name;

	for (uint32_t up = t->nodes[node].parent; up; up = t->nodes[up].parent)
		if (t->nodes[up].name == name)
			return true;
	return false;
}

struct tree_function *tree_functions(const struct tree *t)
{
	struct tree_function *f = calloc(t->names.n + 1, sizeof(*f));

	if (!f)
		abort();
	for (uint32_t i = 0; i < t->names.n; i++)
		f[i].name = i;
	for (uint32_t i = 1; i < t->n; i++) {
		const struct tree_node *n = &t->nodes[i];
		bool within = is_within(t, i);

		for (int side = 0; side < 2; side++)
			for (size_t k = 0; k < REPORT_VALUES; k++) {
				f[n->name].self[side][k] += n->self[side][k];
				f[n->name].all[side][k] += within ? 0 : n->all[side][k];
			}
	}
	return f;
}
