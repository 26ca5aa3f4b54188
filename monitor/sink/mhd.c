/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The functions of libmicrohttpd that are called, found by name in the library. */
#include "lib/base.h"

#define MHD_LOADER
#include "monitor/sink/mhd.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "lib/log.h"

/* Version 12 is that of 0.9.63 and later. */
#define LIBRARY "libmicrohttpd.so.12"

struct mhd mhd;

static bool find(void *library, const char *name, void *to)
{
	void *function = dlsym(library, name);

	memcpy(to, &function, sizeof(function));
	return function;
}

int mhd_load(void)
{
	void *library;

	if (mhd.MHD_run)
		return 0;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
#define FIND(name) &&find(library, #name, &mhd.name)
	if (library MHD_FUNCTIONS(FIND))
		return 0;
#undef FIND
	mhd = (struct mhd){0};
	log_err("cannot serve: %s; on Debian: sudo apt-get install libmicrohttpd12", dlerror());
	return -ENOENT;
}
