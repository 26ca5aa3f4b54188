/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of processors. */
#include "lib/base.h"
#include "harness/vm/processor.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/data.h"

/* clang-format off */
/*
 * Why each word is there (QEMU's manual; Linux, Documentation/admin-guide/kernel-parameters.txt):
 *
 * nokaslr, norandmaps          addresses repeat: the kernel's, a program's
 * randomize_kstack_offset=off  no random stack offset at each syscall
 * mitigations=off nosmp        nothing that depends on the CPU that is emulated
 * cryptomgr.notests            no self-tests of ciphers that nobody uses: a quarter of the boot
 * quiet                        no time lost
 * panic=-1 with -no-reboot     a panic ends QEMU
 *
 * x86-64:
 * vdso=0                       one mapping less in each process; its tree of mappings stays one node
 * tsc=reliable                 the TSC, which counts instructions, is the clock; no watchdog
 * nolapic_timer                no loop that calibrates that timer: a third of the boot's time
 * edd=off                      no time lost
 *
 * arm64:
 * cntfrq=1000000000            the counter that programs may read then counts each instruction
 * pauth=off                    signing return addresses is emulated: the boot took 2.5 times longer
 * sve=off sme=off              the C library's memcpy() uses SVE, and from then on each syscall clears
 *                              those registers, 66 instructions, until the task is switched out
 * -nic none                    no network card's ROM file, which is another package
 * semihosting                  a program's way to our lines, without driver, interrupt or buffer
 * init_on_alloc=0              clearing takes another number of instructions for each alignment
 *
 * s390x:
 * conmode=sclp console=ttyS0   the kernel's words go to the line console, ours to the other
 */
#define COMMON                                                                                     \
	"panic=-1 quiet mitigations=off nokaslr nosmp cryptomgr.notests norandmaps "               \
	"randomize_kstack_offset=off "
/* clang-format on */

static const struct processor x86_64 = {
	.name = "x86-64",
	.debian = "amd64",
	.qemu = "qemu-system-x86_64",
	.get = "sudo apt-get install --no-install-recommends qemu-system-x86",
	.compiler = "gcc-x86-64-linux-gnu",
	.macro = "x86",
	/* Linux, Documentation/arch/x86/boot.rst */
	.magic_at = 0x202,
	.magic = "HdrS",
	.image = "x86-64 (bzImage)",
	.words = (const char *const[]){"-M", "pc", "-cpu", "max", "-debugcon", "stdio", NULL},
	.console = "-serial",
	.console_to = "file:",
	.append = COMMON "console=ttyS0 edd=off tsc=reliable nolapic_timer vdso=0",
};

static const struct processor arm64 = {
	.name = "arm64",
	.debian = "arm64",
	.qemu = "qemu-system-aarch64",
	.get = "sudo apt-get install --no-install-recommends qemu-system-arm",
	.compiler = "gcc-aarch64-linux-gnu",
	.macro = "arm64",
	/* Linux, Documentation/arch/arm64/booting.rst */
	.magic_at = 56,
	.magic = "ARMd",
	.image = "arm64 (Image)",
	.words = (const char *const[]){"-M", "virt", "-cpu",
				       "max,pauth=off,sve=off,sme=off,cntfrq=1000000000", "-nic",
				       "none", "-chardev", "stdio,id=lines", "-semihosting-config",
				       "enable=on,userspace=on,target=native,chardev=lines", NULL},
	.console = "-serial",
	.console_to = "file:",
	.append = COMMON "console=ttyAMA0 init_on_alloc=0",
};

static const struct processor s390x = {
	.name = "s390x",
	.debian = "s390x",
	.qemu = "qemu-system-s390x",
	.get = "sudo apt-get install --no-install-recommends qemu-system-misc",
	.compiler = "gcc-s390x-linux-gnu",
	.macro = "s390",
	.big_endian = true,
	/* Linux, arch/s390/boot/head.S */
	.magic_at = 0x10008,
	.magic = "S390EP",
	.image = "s390x (bzImage)",
	.words = (const char *const[]){"-M", "s390-ccw-virtio", "-cpu", "max", "-device",
				       "sclplmconsole,chardev=kernel", "-chardev",
				       "stdio,id=lines,signal=off", "-device",
				       "sclpconsole,chardev=lines", NULL},
	.console = "-chardev",
	.console_to = "file,id=kernel,path=",
	.append = COMMON "conmode=sclp console=ttyS0 init_on_alloc=0 vdso=off",
};

const struct processor *const processors[] = {&x86_64, &arm64, &s390x, NULL};

static const struct processor_kernel kernels[] = {
	{"x86-64", &x86_64, "-cloud-amd64"},
	{"arm64", &arm64, "-cloud-arm64"},
	{"arm64-16k", &arm64, "-arm64-16k"},
	{"s390x", &s390x, "-s390x"},
};

const struct processor *processor_named(const char *name)
{
	for (const struct processor *const *p = processors; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}

const struct processor *processor_own(void)
{
#if defined(__x86_64__)
	return &x86_64;
#elif defined(__aarch64__)
	return &arm64;
#elif defined(__s390x__)
	return &s390x;
#else
	return NULL;
#endif
}

const struct processor_kernel *processor_kernel_named(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		if (!strcmp(kernels[i].word, word))
			return &kernels[i];
	return NULL;
}

const struct processor_kernel *processor_kernel_of(const struct processor *p)
{
	return p ? processor_kernel_named(p->name) : NULL;
}

void processor_kernel_words(struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		strbuf_addf(out, "%s%s", i ? ", " : "", kernels[i].word);
}

const struct processor *processor_of_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct processor *found = NULL;
	char magic[8];

	for (const struct processor *const *p = processors; fd >= 0 && *p && !found; p++) {
		size_t len = strlen((*p)->magic);

		if (pread(fd, magic, len, (off_t)(*p)->magic_at) == (ssize_t)len &&
		    !memcmp(magic, (*p)->magic, len))
			found = *p;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

int processor_data(const struct processor *p, const char *what, char *path, size_t size)
{
	struct strbuf name = STRBUF_INIT;
	int err;

	if (p != processor_own())
		strbuf_addf(&name, "%s/", p->name);
	strbuf_addstr(&name, what);
	err = data_path(name.s, path, size);
	strbuf_release(&name);
	return err;
}

void processor_make(const struct processor *p, struct strbuf *out)
{
	char path[PATH_MAX];

	/* Programs that are installed have a folder of data of their own. */
	if (p == processor_own())
		strbuf_addstr(out, "make");
	else if (!data_path("", path, sizeof(path)) && strstr(path, "/usr/bin/../lib/beebench/"))
		strbuf_addf(out,
			    "make deb GUESTS=%s (in beebench's source tree), then install the "
			    "package beebench-guest-%s",
			    p->name, p->name);
	else if (!data_path("", path, sizeof(path)) && strstr(path, "/lib/beebench/"))
		strbuf_addf(out, "make install GUESTS=%s (in beebench's source tree)", p->name);
	else
		strbuf_addf(out, "make guest-%s", p->name);
}
