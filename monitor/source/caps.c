/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities of this process, by the kernel's own calls. */
#include "lib/base.h"
#include "monitor/source/caps.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

struct sets {
	uint64_t effective, permitted, inheritable;
};

static int get_sets(struct sets *s)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	*s = (struct sets){data[0].effective | (uint64_t)data[1].effective << 32,
			   data[0].permitted | (uint64_t)data[1].permitted << 32,
			   data[0].inheritable | (uint64_t)data[1].inheritable << 32};
	return 0;
}

static int set_sets(const struct sets *s)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)s->effective, (uint32_t)s->permitted, (uint32_t)s->inheritable},
		{(uint32_t)(s->effective >> 32), (uint32_t)(s->permitted >> 32),
		 (uint32_t)(s->inheritable >> 32)}};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

uint64_t caps_effective(void)
{
	struct sets s;

	return get_sets(&s) ? 0 : s.effective;
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
	struct sets s;
	int err = get_sets(&s);

	/* The bounding set first: dropping from it needs CAP_SETPCAP, which then goes, too. */
	for (int cap = 0; !err && cap < 64 && prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(keep & BIT(cap)) && s.effective & BIT(CAP_SETPCAP))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (!err && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		err = -errno;
	if (!err) {
		s = (struct sets){s.effective & keep, s.permitted & keep, 0};
		err = set_sets(&s);
	}
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		log_err_sys(err, "capabilities that are no longer needed cannot be given up");
	return err;
}
