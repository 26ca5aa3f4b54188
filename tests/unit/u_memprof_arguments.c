/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tracepoints with the arguments that are known, with others, and without; and where the tracing's
 * own frames end. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "bpf/memprof/kernel.h"
#include "memprof/kernel/arguments.h"
#include "memprof/kernel/skip.h"

/* Adds btf_trace_NAME, which takes its private data and then @arguments: p a pointer, i a number, s
 * a struct. */
static void add_tracepoint(struct btf *btf, const char *name, const char *arguments)
{
	int number = btf__add_int(btf, "unsigned long", 8, 0);
	int pointer = btf__add_ptr(btf, 0);
	int whole = btf__add_struct(btf, "whole", 8);
	int size = btf__add_typedef(btf, "size_t", number);
	int proto = btf__add_func_proto(btf, 0);
	char full[64];

	btf__add_func_param(btf, "__data", pointer);
	for (; *arguments; arguments++)
		btf__add_func_param(btf, "",
				    *arguments == 'p'	? pointer
				    : *arguments == 's' ? whole
							: size);
	snprintf(full, sizeof(full), "btf_trace_%s", name);
	btf__add_typedef(btf, full, btf__add_ptr(btf, proto));
}

static int check(const char *arguments, struct strbuf *why)
{
	struct btf *btf = btf__new_empty();
	int err;

	if (arguments)
		add_tracepoint(btf, "kmalloc", arguments);
	add_tracepoint(btf, "kfree", "ip");
	err = kernel_arguments_check(btf, 1U << KERNEL_KMALLOC | 1U << KERNEL_KFREE, why);
	btf__free(btf);
	return err;
}

static void known(void **state UNUSED)
{
	struct strbuf why = STRBUF_INIT;

	assert_int_equal(check("ipiiii", &why), 0);
	assert_string_equal(why.s, "");
	strbuf_release(&why);
}

static void others(void **state UNUSED)
{
	struct strbuf why = STRBUF_INIT;

	assert_int_equal(check("ippiii", &why), -ENOTSUP); /* as Linux 6.0 has it */
	assert_non_null(strstr(why.s, "kmem:kmalloc has other arguments here (ippiii)"));
	strbuf_reset(&why);
	assert_int_equal(check("ipiii", &why), -ENOTSUP); /* as before */
	assert_int_equal(check("ipiiis", &why), -ENOTSUP);
	strbuf_reset(&why);
	assert_int_equal(check(NULL, &why), -ENOTSUP);
	assert_non_null(strstr(why.s, "no tracepoint kmem:kmalloc"));
	strbuf_release(&why);
}

static void tracing_frames(void **state UNUSED)
{
	static const uint64_t pc[] = {0xffffffffc0000010, 0xffffffff81000110, 0xffffffff81000210,
				      0xffffffff81000310};
	char path[] = "/tmp/u_memprof_arguments.XXXXXX";
	struct addrmap *k;
	int fd = mkstemp(path);

	dprintf(fd, "ffffffff81000300 T load_msg\nffffffff81000100 T bpf_trace_run6\n"
		    "ffffffff81000200 T __kmalloc\nffffffff81000180 D data\n"
		    "ffffffffc0000000 t helper\t[module]\n");
	close(fd);
	assert_int_equal(addrmap_kallsyms(&k, path), 0);
	/* The first is the BPF program, which has no name everywhere. */
	assert_int_equal(skip_tracing(k, pc, 4), 2);
	assert_int_equal(skip_tracing(k, pc + 2, 2), 0);
	addrmap_free(k);
	unlink(path);
	assert_int_equal(skip_tracing(NULL, pc, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(others),
		cmocka_unit_test(tracing_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
