/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What one definition says of a call: private to the model (harness/verify/model.h). */
#ifndef HARNESS_MODEL_RULES_H
#define HARNESS_MODEL_RULES_H

#include "harness/verify/model.h"

struct model_rules {
	uint32_t fields; /* as model_fields() */
	/* Adds the call to its row. */
	void (*count)(struct model_row *r, const struct model_definition *def,
		      const struct ledger_entry *e, struct model_place at);
	/* Whether the call makes an event, and which, but for its line. @break_before: of a brk,
	 * where the break was; 0: not known. */
	bool (*event)(const struct model_definition *def, const struct ledger_entry *e,
		      uint64_t break_before, struct model_event *out);
	/* Once all calls are in it: most_usage, most_peak. */
	void (*finish)(const struct model *m, struct model_row *r);
};

extern const struct model_rules model_entered, model_completed;

static inline void model_bump(struct model_row *r, enum mem_field f, uint64_t by,
			      struct model_place at)
{
	r->value[f] += by;
	r->last[f] = at;
}

#endif
