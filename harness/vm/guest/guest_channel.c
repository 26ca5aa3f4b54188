/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines to the host through the debug console's port: no driver, no interrupt, no buffer. */
#include "lib/base.h"
#include "harness/vm/guest/guest_channel.h"
#include "lib/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>

int guest_channel_open(void)
{
	return ioperm(VM_PORT, 1, 1) ? -errno : 0;
}

static void put(const char *text, size_t len)
{
	while (len--)
		outb((unsigned char)*text++, VM_PORT);
}

void guest_send(enum vm_kind kind, const char *text, size_t len)
{
	const char head[] = {'@', (char)kind, ' '};

	put(head, sizeof(head));
	put(text, len);
	put("\n", 1);
}

void guest_sendf(enum vm_kind kind, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	n = MIN(n, (int)sizeof(line) - 1);
	for (int i = 0; i < n; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	guest_send(kind, line, (size_t)n);
}

void guest_json_string(struct strbuf *out, const char *text)
{
	strbuf_addch(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", c);
		else if (c == '\n')
			strbuf_addstr(out, "\\n");
		else if (c < 0x20 || c >= 0x7f)
			strbuf_addf(out, "\\u%04x", c);
		else
			strbuf_addch(out, c);
	}
	strbuf_addch(out, '"');
}
