/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words and probes of bpftrace's manual that no record of syscalls can answer, each with why. */
#include "lib/base.h"
#include "harness/definition/outside.h"

#include <string.h>

static const char stacks[] = "a record of syscalls has no stacks";
static const char memory[] = "a record of syscalls has no memory but the texts that arguments "
			     "point at, which are str(args.x)";
static const char output[] = "maps are printed at the end, and lines by printf()";
static const char loops[] = "it has no loops";
static const char acts[] = "a definition says what a figure is, and does nothing";

static const struct {
	const char *word, *why;
} words[] = {
	{"kstack", stacks},
	{"ustack", stacks},
	{"func", stacks},
	{"ksym", stacks},
	{"usym", stacks},
	{"kaddr", stacks},
	{"uaddr", stacks},
	{"reg", stacks},
	{"curtask", memory},
	{"buf", memory},
	{"kptr", memory},
	{"uptr", memory},
	{"ntop", memory},
	{"pton", memory},
	{"macaddr", memory},
	{"path", memory},
	{"print", output},
	{"time", output},
	{"strftime", output},
	{"cat", output},
	{"join", output},
	{"while", loops},
	{"for", loops},
	{"unroll", loops},
	{"exit", acts},
	{"system", acts},
	{"signal", acts},
	{"override", acts},
	{"elapsed", "write nsecs"},
	{"rand", "nobody knows what it gives"},
	{"numaddrs", stacks},
	{"username", "write uid"},
	{"cgroupid", "write the number"},
	{"cgroup_path", "write cgroup"},
	{"let", "a variable begins with $x = .., a map with @x = .."},
	{"config", "set BPFTRACE_* instead"},
	{"struct", memory},
	{"fn", "write its text where it is used"},
	{"macro", "write its text where it is used"},
	{"import", "a definition is one text"},
	{"strncmp", "write str(args.x, n) == \"..\""},
	{"strcontains", "texts are compared whole, by == and !="},
	{"sizeof", "write the number"},
	{"offsetof", "write the number"},
	{"true", "write 1"},
	{"false", "write 0"},
	{"sarg0", memory},
	{"arg0", "an argument has its name, args.fd; by number it is args.args[0] of "
		 "raw_syscalls:sys_enter"},
	{"arg1", "an argument has its name, args.fd; by number it is args.args[1] of "
		 "raw_syscalls:sys_enter"},
	{"jiffies", "write nsecs"},
	{"ppid", "a record of syscalls has no parents"},
	{"tseries", "its intervals are of a clock that nobody else has"},
	{"has_key", "a missing key is 0: @x[1]"},
	{"len", "count() in a map of its own"},
	{"pcomm", "a record of syscalls has no parents"},
	{"ncpus", "write the number"},
};

const char *outside_reason(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].why;
	return NULL;
}

const char *outside_probe(const char *text)
{
	static const char *const others[] = {
		"kprobe",   "kretprobe", "uprobe",     "uretprobe",	"usdt",	   "kfunc",
		"kretfunc", "fentry",	 "fexit",      "rawtracepoint", "profile", "interval",
		"software", "hardware",	 "watchpoint", "iter",		"self",	   "bench"};
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strlen(others[i]) == len && !strncmp(text, others[i], len))
			return "it works on syscalls alone, at tracepoint:syscalls:sys_enter_NAME, "
			       "tracepoint:syscalls:sys_exit_NAME and tracepoint:raw_syscalls:*";
	return "it has tracepoint:syscalls:sys_enter_NAME, tracepoint:syscalls:sys_exit_NAME, "
	       "tracepoint:raw_syscalls:sys_enter and sys_exit, BEGIN and END";
}
