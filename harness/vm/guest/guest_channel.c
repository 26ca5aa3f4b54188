/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines to the host: no buffer of ours, and no driver where there is another way. x86-64: the debug
 * console's I/O port; arm64: a semihosting call (Arm, "Semihosting for AArch32 and AArch64",
 * SYS_WRITE0), which QEMU answers at the instruction; s390x: the console's terminal, as the
 * kernel's own words go to the other one.
 */
#include "lib/base.h"
#include "harness/vm/guest/guest_channel.h"
#include "lib/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
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

#elif defined(__aarch64__)
enum { SYS_WRITEC = 3, SYS_WRITE0 = 4 };

int guest_channel_open(void)
{
	return 0;
}

static void semihosting(unsigned long number, const char *text)
{
	register unsigned long call __asm__("x0") = number;
	register const char *at __asm__("x1") = text;

	__asm__ volatile("hlt #0xf000" : "+r"(call) : "r"(at) : "memory");
}

/* SYS_WRITE0 ends at a NUL. Copied: QEMU cannot wait for a page that is not there. */
static void put(const char *text, size_t len)
{
	char part[1024];

	while (len) {
		size_t n = MIN(len, sizeof(part) - 1), whole;

		memcpy(part, text, n);
		part[n] = '\0';
		whole = strlen(part);
		semihosting(whole ? SYS_WRITE0 : SYS_WRITEC, part);
		whole += !whole;
		text += whole;
		len -= whole;
	}
}

#elif defined(__s390x__)
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static int terminal = -1;

/* Documentation/admin-guide/devices.txt: ttysclp0 is 4, 65. */
int guest_channel_open(void)
{
	static const char path[] = "/lines";
	struct termios raw;

	if (mknod(path, S_IFCHR | 0600, makedev(4, 65)))
		return -errno;
	terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	unlink(path);
	if (terminal < 0 || tcgetattr(terminal, &raw))
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(terminal, TCSANOW, &raw) ? -errno : 0;
}

static void put(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(terminal, text, len);

		if (n < 0 && errno != EINTR)
			return;
		text += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
}
#endif

void guest_channel_drain(void)
{
#ifdef __s390x__
	tcdrain(terminal);
#endif
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
