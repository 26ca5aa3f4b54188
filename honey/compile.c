/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The passes in their order. */
#include "lib/base.h"
#include "honey/honey.h"

#include <string.h>

#include "honey/diag.h"
#include "honey/lex.h"
#include "honey/passes.h"
#include "honey/processor.h"
#include "lib/strbuf.h"

void honey_init(struct honey *h, const struct options *opt)
{
	memset(h, 0, sizeof(*h));
	h->opt = *opt;
	if (!h->opt.processor)
		h->opt.processor = honey_processor_named(NULL);
	types_init(h);
}

void honey_release(struct honey *h)
{
	arena_release(&h->arena);
}

static bool is_empty(const struct honey *h)
{
	for (size_t i = 0; i < h->n_tokens; i++)
		if (h->tokens[i].kind != TOK_EOF)
			return false;
	return true;
}

int honey_compile(struct honey *h, struct strbuf *c)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < h->n_sources; i++) {
		bytes += h->sources[i].len;
		if (h->sources[i].len > HONEY_MAX_BYTES) {
			diag_at(h, H007, (struct span){i, 0, 1}, NULL,
				"more than %d bytes of source", HONEY_MAX_BYTES);
			return -EINVAL;
		}
		lex_file(h, i);
	}
	if (!h->stop && is_empty(h) && !h->n_errors)
		diag_at(h, H009, (struct span){0, 0, 0}, "a module: defmodule Name do ... end",
			"there is nothing to compile here");
	if (h->opt.emit == EMIT_TOKENS || h->stop || bytes > HONEY_MAX_BYTES || !h->n_tokens)
		return h->n_errors ? -EINVAL : 0;
	parse_module(h);
	/* What follows sound trees only: after a syntax error it would complain about the gaps. */
	if (h->opt.emit == EMIT_AST || h->n_errors)
		return h->n_errors ? -EINVAL : 0;
	resolve_module(h);
	if (!h->stop)
		infer_module(h);
	if (!h->n_errors)
		check_module(h);
	if (h->n_errors)
		return -EINVAL;
	opt_module(h);
	emit_module(h, c, h->opt.emit == EMIT_OBJ || !h->opt.no_lines);
	return h->n_errors ? -EINVAL : 0;
}
