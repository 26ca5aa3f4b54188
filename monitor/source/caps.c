/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities of this process, by libcap-ng. */
#include "lib/base.h"
#include "monitor/source/caps.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cap-ng.h>

#include "lib/log.h"
#include "lib/strbuf.h"

#define BIT(cap) (1ULL << (cap))

static const struct {
	int cap;
	const char *name;
	const char *why;
} known[] = {
	{CAP_BPF, "CAP_BPF", "to load BPF programs"},
	{CAP_PERFMON, "CAP_PERFMON", "to attach them to tracepoints"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
	 "to look tracepoints up in tracefs, which only root may read"},
};

uint64_t caps_effective(void)
{
	uint64_t have = 0;

	if (capng_get_caps_process())
		return 0;
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (capng_have_capability(CAPNG_EFFECTIVE, cap))
			have |= BIT(cap);
	return have;
}

static bool tracefs_is_open(void)
{
	return !euidaccess("/sys/kernel/tracing/events", R_OK) ||
	       !euidaccess("/sys/kernel/debug/tracing/events", R_OK);
}

void caps_explain(uint64_t missing, const char *program, struct strbuf *out)
{
	const char *comma = "";

	if (!missing)
		return;
	strbuf_addstr(out, "not allowed: ");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (missing & BIT(known[i].cap)) {
			strbuf_addf(out, "%s%s is missing (%s)", comma, known[i].name,
				    known[i].why);
			comma = ", ";
		}
	strbuf_addf(out, ". Run it with sudo, or once: sudo setcap cap_bpf,cap_perfmon%s+ep %s",
		    missing & BIT(CAP_DAC_READ_SEARCH) ? ",cap_dac_read_search" : "", program);
	strbuf_addstr(out, " (without effect on a file system mounted nosuid)");
}

int caps_check(unsigned int needs, const char *program)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t have = caps_effective(), missing = 0;

	if (needs & CAPS_BPF && !(have & BIT(CAP_SYS_ADMIN)))
		missing |= (BIT(CAP_BPF) | BIT(CAP_PERFMON)) & ~have;
	if (needs & CAPS_TRACEFS && geteuid() && !tracefs_is_open())
		missing |= BIT(CAP_DAC_READ_SEARCH) & ~have;
	if (!missing)
		return 0;
	caps_explain(missing, program, &text);
	log_err("%s", text.s);
	strbuf_release(&text);
	return -EPERM;
}

int caps_drop(uint64_t keep)
{
	const capng_type_t working = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
	const capng_type_t passed_on = CAPNG_INHERITABLE | CAPNG_AMBIENT;
	capng_select_t sets = CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT;
	int err = capng_get_caps_process() ? -EIO : 0;

	/* The bounding set takes CAP_SETPCAP, and the library goes there first. */
	if (!err && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		sets |= CAPNG_SELECT_BOUNDS;
	for (unsigned int cap = 0; !err && cap <= CAP_LAST_CAP; cap++) {
		capng_update(CAPNG_DROP, passed_on, cap);
		if (!(keep & BIT(cap)))
			capng_update(CAPNG_DROP, working | CAPNG_BOUNDING_SET, cap);
	}
	errno = 0;
	if (!err && capng_apply(sets))
		err = errno ? -errno : -EPERM;
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		log_err_sys(err, "capabilities that are no longer needed cannot be given up");
	return err;
}
