/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The switch that loads and attaches whole monitors, and detaches them. */
#include "lib/base.h"
#include "harness/overhead/lane.h"

#include <stdlib.h>

#include "collector/collect.h"

struct attach_state {
	const struct lane_arm *arms;
	struct monitor *monitor; /* owned; NULL: none is loaded */
	int active;
};

static int attach_prepare(void **state, const struct lane_arm *arms, size_t n UNUSED)
{
	struct attach_state *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->arms = arms;
	s->active = LANE_NONE;
	*state = s;
	return 0;
}

static void attach_drop(void *state)
{
	struct attach_state *s = state;

	monitor_close(s->monitor);
	s->monitor = NULL;
}

static int attach_select(void *state, int arm)
{
	/* The whole machine, as somebody uses a monitor; the timed process is found by its id. */
	static const struct monitor_target everything = {0};
	struct attach_state *s = state;
	int err = 0;

	if (arm == s->active)
		return 0;
	if (s->active != LANE_NONE && s->monitor)
		err = monitor_detach(s->monitor);
	s->active = LANE_NONE;
	if (err || arm == LANE_NONE)
		return err;
	attach_drop(s);
	if (s->arms[arm].spec) {
		err = monitor_open(&s->monitor, s->arms[arm].spec, &everything, NULL);
		if (!err)
			err = monitor_attach(s->monitor);
	}
	if (!err)
		s->active = arm;
	return err;
}

static struct monitor *attach_monitor(void *state)
{
	return ((struct attach_state *)state)->monitor;
}

static void attach_release(void *state)
{
	if (state)
		attach_drop(state);
	free(state);
}

const struct lane_switch_ops lane_switch_attach = {
	.name = "attach",
	.prepare = attach_prepare,
	.select = attach_select,
	.monitor = attach_monitor,
	.drop = attach_drop,
	.release = attach_release,
};
