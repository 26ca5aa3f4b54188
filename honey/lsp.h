/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The language server. */
#ifndef HONEY_LSP_H
#define HONEY_LSP_H

struct options;

/* Serves until "exit". Returns 0, or -errno when it did not end as the protocol says. */
int lsp_serve(const struct options *opt);

#endif
