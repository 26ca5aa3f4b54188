/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells the header of an object's USDT arguments by the size of the map that libbpf fills. */
#include "lib/base.h"
#include "collector/usdt_layout.h"

#include <bpf/libbpf.h>
#include <string.h>

#include "lib/why.h"

/* Values of __bpf_usdt_specs: twelve arguments of 16 bytes or of 24, and 16 bytes more. */
enum { BYTES_BEFORE_1_7 = 208, BYTES_OF_1_7 = 304 };

static bool has_usdt(const struct bpf_object *object)
{
	struct bpf_program *p;

	bpf_object__for_each_program (p, object)
		if (bpf_program__autoload(p) && !strncmp(bpf_program__section_name(p), "usdt", 4))
			return true;
	return false;
}

int usdt_layout_check(const struct bpf_object *object, const char *path, struct strbuf *why)
{
	const struct bpf_map *specs = bpf_object__find_map_by_name(object, "__bpf_usdt_specs");
	uint32_t major = libbpf_major_version(), minor = libbpf_minor_version();
	bool is_1_7 = major == 1 && minor == 7;

	if (!specs || major > 1 || minor > 7 || !has_usdt(object) ||
	    bpf_map__value_size(specs) != (is_1_7 ? BYTES_BEFORE_1_7 : BYTES_OF_1_7))
		return 0;
	why_err(why,
		"%s: its USDT arguments are laid out as %s has them, and this is libbpf "
		"%u.%u, under which they would be wrong; compile it with the <bpf/usdt.bpf.h> of "
		"libbpf %u.%u",
		path, is_1_7 ? "a libbpf before 1.7" : "libbpf 1.7", major, minor, major, minor);
	return -EINVAL;
}
