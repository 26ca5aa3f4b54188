/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Feeds what the collector reads of strangers with mutated input: the first byte says which reader
 * it is for. Nothing may crash, hang, leak, or be refused without a reason.
 *
 *   'm' a manifest   'b' lines of bpftrace   'o' an object: its ELF and BTF, then libbpf and the
 *   layout, as a monitor without a manifest
 */
#include "lib/base.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "collector/bpftrace.h"
#include "collector/elf_check.h"
#include "collector/layout.h"
#include "collector/manifest.h"
#include "lib/log.h"
#include "lib/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int silent(enum libbpf_print_level level UNUSED, const char *fmt UNUSED, va_list args UNUSED)
{
	return 0;
}

static void manifest(const char *text)
{
	struct strbuf why = STRBUF_INIT;
	struct manifest man = {0};

	manifest_defaults(&man, &vocabulary_memory);
	if (manifest_parse(&man, "dir/x.json", text, &why) && !why.len)
		abort();
	manifest_release(&man);
	strbuf_release(&why);
}

static void lines(const char *text, size_t size)
{
	struct bt_result r;

	bt_parse(text, size, &r);
	bt_release(&r);
}

static void object(const char *image, size_t size)
{
	struct strbuf why = STRBUF_INIT;
	struct manifest man = {0};
	struct bpf_object *obj = NULL;
	struct layout layout;

	if (elf_check(image, size, &why)) {
		if (!why.len)
			abort();
		strbuf_release(&why);
		return;
	}
	manifest_defaults(&man, &vocabulary_memory);
	obj = bpf_object__open_mem(image, size, NULL);
	if (obj && layout_resolve(&layout, obj, &man, "x.bpf.o", &why) && !why.len)
		abort();
	bpf_object__close(obj);
	manifest_release(&man);
	strbuf_release(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (!size)
		return 0;
	log_init("fuzz", LOG_QUIET);
	libbpf_set_print(silent);
	copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	if (*data == 'm')
		manifest(copy);
	else if (*data == 'b')
		lines(copy, size - 1);
	else
		object(copy, size - 1);
	free(copy);
	return 0;
}
