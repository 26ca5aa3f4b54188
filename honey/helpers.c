/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The helpers' table and finding a row of it. */
#include "lib/base.h"
#include "honey/helpers.h"

#include <string.h>

#include "honey/lex.h"
#include "lib/suggest.h"

static const struct helper helpers[] = {
#define HELPER(name, result, args, progs, kernel, gpl, text)                                       \
	{HELPER_##name, #name, result, args, progs, kernel, gpl, text},
#include "honey/helpers.def"
#undef HELPER
};

/* Every access is checked against the packet's end, which the verifier wants, each time anew: what
 * is not there is 0. */
#define PACKET(type, name, params, body)                                                           \
	"static __always_inline " type " honey_" name "(struct xdp_md *ctx" params ")\n{\n"        \
	"\t__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;\n" body "}\n\n"
/* The transport header of an IPv4 packet, p[0] and on. */
#define TRANSPORT                                                                                  \
	"\n\tif (p + 34 > end || p[12] != 8 || p[13])\n\t\treturn 0;\n"                            \
	"\tp += 14 + (p[14] & 15) * 4;\n\tif (p + 4 > end)\n\t\treturn 0;\n"

static const struct net nets[] = {
	{"init", 1, 0, "Ethhdr.init(ctx): the packet", NULL},
	{"ip_protocol", 1, 32, "Ethhdr.ip_protocol(packet): 17 is UDP",
	 PACKET("__u32", "ip_protocol", "",
		"\n\tif (p + 34 > end || p[12] != 8 || p[13])\n\t\treturn 0;\n\treturn p[23];\n")},
	{"destination_port", 1, 32, "Ethhdr.destination_port(packet)",
	 PACKET("__u32", "destination_port", "", TRANSPORT "\treturn p[2] << 8 | p[3];\n")},
	{"source_port", 1, 32, "Ethhdr.source_port(packet)",
	 PACKET("__u32", "source_port", "", TRANSPORT "\treturn p[0] << 8 | p[1];\n")},
	{"set_destination_port", 2, 32, "Ethhdr.set_destination_port(packet, port)",
	 PACKET("__u32", "set_destination_port", ", __u32 port",
		TRANSPORT "\tp[2] = port >> 8;\n\tp[3] = port;\n\treturn 1;\n")},
	{"h_source", 1, 64, "Ethhdr.h_source(packet): the sender's address, a number of 6 bytes",
	 PACKET("__u64", "h_source", "",
		"\n\tif (p + 14 > end)\n\t\treturn 0;\n"
		"\treturn p[6] | p[7] << 8 | p[8] << 16 | (__u64)p[9] << 24 | (__u64)p[10] << 32 "
		"|\n"
		"\t       (__u64)p[11] << 40;\n")},
	{"h_dest", 1, 64, "Ethhdr.h_dest(packet): the receiver's address, a number of 6 bytes",
	 PACKET("__u64", "h_dest", "",
		"\n\tif (p + 14 > end)\n\t\treturn 0;\n"
		"\treturn p[0] | p[1] << 8 | p[2] << 16 | (__u64)p[3] << 24 | (__u64)p[4] << 32 |\n"
		"\t       (__u64)p[5] << 40;\n")},
};

const struct net *net_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(nets); i++)
		if (!strcmp(nets[i].name, name))
			return &nets[i];
	return NULL;
}

const struct helper *helper_find(const struct name *name)
{
	if (name->len < 4 || memcmp(name->s, "bpf_", 4))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (!strcmp(helpers[i].name, name->s))
			return &helpers[i];
	return NULL;
}

const struct helper *helper_next(const struct helper *p)
{
	p = p ? p + 1 : helpers;
	return p < helpers + ARRAY_SIZE(helpers) ? p : NULL;
}

const char *helper_suggest(const char *word)
{
	const char *names[ARRAY_SIZE(helpers)];

	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		names[i] = helpers[i].name;
	return suggest_nearest(word, names, ARRAY_SIZE(names));
}

uint32_t printk_places(const char *s)
{
	uint32_t n = 0;

	for (; (s = strchr(s, '%')); s += s[1] == '%' ? 2 : 1)
		n += s[1] != '%';
	return n;
}

void helpers_print(FILE *out)
{
	fputs("| helper | programs | since | GPL | what |\n| --- | --- | --- | --- | --- |\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++) {
		const struct helper *p = &helpers[i];

		fprintf(out, "| `%s` | %s | %u.%u | %s | %s |\n", p->name,
			p->progs == PROG_TRACE ? "tracing" : "all", p->kernel / 100,
			p->kernel % 100, p->gpl ? "yes" : "", p->text);
	}
}
