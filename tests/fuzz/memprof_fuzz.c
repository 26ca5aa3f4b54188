/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer's entry to the reader of profiles: the first byte of an input chooses, the rest is
 *
 *   f   a file
 *   p   the payload of a block, which gets a head with the right checksum, so that what a checksum
 *       keeps away is read too
 *
 * What is read is rendered in every form; its total must be the sum of its stacks.
 */
#include "lib/base.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/log.h"
#include "memprof/profile_file.h"
#include "memprof/report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void quiet(void *arg UNUSED, enum log_level level UNUSED, const char *line UNUSED)
{
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	log_capture(quiet, NULL);
	return 0;
}

static void render(struct profile *p)
{
	struct report r = {.top = 3, .views = "all"};
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->nstacks; i++)
		bytes += p->stacks[i].values.bytes;
	if (bytes != p->total.bytes)
		abort();
	/* No file of this machine is opened for what an input names. */
	for (size_t i = 0; i < p->nmodules; i++)
		p->modules[i].path = "";
	for (size_t i = 0; i < p->nframes; i++)
		p->frames[i].flags &= ~(uint32_t)PROFILE_FRAME_KERNEL;
	report_side_set(&r.side[0], "fuzz", p, &(struct symbols_options){.jit_folder = "/none"});
	for (const struct report_format *f = report_formats; f->name; f++) {
		struct strbuf text = STRBUF_INIT;

		f->render(&r, &text);
		strbuf_release(&text);
	}
	report_side_release(&r.side[0]);
}

static void read_file(const void *data, size_t size)
{
	struct strbuf why = STRBUF_INIT;
	size_t offset = 0;
	struct profile *p;

	while (!profile_unpack(&p, "fuzz", data, size, &offset, &why))
		render(p);
	strbuf_release(&why);
}

static void read_payload(const uint8_t *data, size_t size)
{
	uLongf packed = compressBound(size);
	unsigned char *block = malloc(packed);
	struct strbuf file = STRBUF_INIT, head = STRBUF_INIT;
	uint32_t words[5];

	/* The magic and the version are those of a block that is written. */
	profile_pack_start(&file);
	{
		struct profile *none = profile_new(PROFILE_EXACT, 0, "");

		profile_pack(&head, none, NULL);
		profile_free(none);
	}
	memcpy(words, head.s, sizeof(words));
	if (!block || compress2(block, &packed, data, size, 0) != Z_OK)
		abort();
	words[2] = htole32((uint32_t)packed);
	words[3] = htole32((uint32_t)size);
	words[4] = htole32((uint32_t)crc32(crc32(0, NULL, 0), block, (uInt)packed));
	strbuf_add(&file, words, sizeof(words));
	strbuf_add(&file, block, packed);
	read_file(file.s, file.len);
	free(block);
	strbuf_release(&file);
	strbuf_release(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (*data == 'f')
		read_file(data + 1, size - 1);
	else if (*data == 'p')
		read_payload(data + 1, size - 1);
	return 0;
}
