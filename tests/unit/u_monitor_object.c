/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looking at objects without the kernel: ELF images whole, cut and scrambled; verifier logs cut
 * down. */
#include "lib/base.h"

#include <byteswap.h>
#include <elf.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/elf_check.h"
#include "collector/object_error.h"

/* A BPF object as small as it gets: a program, BTF, names. */
struct tiny {
	Elf64_Ehdr eh;
	char names[32];
	char code[16];
	struct {
		struct btf_header header;
		struct btf_type alias; /* [1], of [2] */
		struct btf_type whole; /* [2], with a member of [3] */
		struct btf_member member;
		struct btf_type number; /* [3] */
		uint32_t encoding;
		char strings[8];
	} btf;
	Elf64_Sym symbols[2];
	Elf64_Shdr sections[5];
};

static const char name_text[] = "\0.BTF\0tp/x\0mem_stats_map\0.s";

static struct tiny tiny_object(void)
{
	struct tiny t = {0};

	memcpy(t.names, name_text, sizeof(name_text));
	memcpy(t.eh.e_ident, ELFMAG, SELFMAG);
	t.eh.e_ident[EI_CLASS] = ELFCLASS64;
	t.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	t.eh.e_ident[EI_VERSION] = EV_CURRENT;
	t.eh.e_version = EV_CURRENT;
	t.eh.e_machine = EM_BPF;
	t.eh.e_shoff = offsetof(struct tiny, sections);
	t.eh.e_shentsize = sizeof(Elf64_Shdr);
	t.eh.e_shnum = ARRAY_SIZE(t.sections);
	t.eh.e_shstrndx = 1;
	t.sections[1] = (Elf64_Shdr){.sh_name = 26,
				     .sh_type = SHT_STRTAB,
				     .sh_offset = offsetof(struct tiny, names),
				     .sh_size = sizeof(t.names)};
	t.sections[2] = (Elf64_Shdr){.sh_name = 6,
				     .sh_type = SHT_PROGBITS,
				     .sh_flags = SHF_EXECINSTR,
				     .sh_offset = offsetof(struct tiny, code),
				     .sh_size = sizeof(t.code)};
	t.btf.header = (struct btf_header){
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(t.btf.header),
		.type_len = offsetof(struct tiny, btf.strings) - offsetof(struct tiny, btf.alias),
		.str_off = offsetof(struct tiny, btf.strings) - offsetof(struct tiny, btf.alias),
		.str_len = sizeof(t.btf.strings),
	};
	memcpy(t.btf.strings, "\0a\0b\0c", 7);
	t.btf.alias = (struct btf_type){.name_off = 1, .info = BTF_KIND_TYPEDEF << 24, .type = 2};
	t.btf.whole = (struct btf_type){
		.name_off = 3, .info = BTF_KIND_STRUCT << 24 | 1, .size = sizeof(uint32_t)};
	t.btf.member = (struct btf_member){.name_off = 5, .type = 3};
	t.btf.number = (struct btf_type){.info = BTF_KIND_INT << 24, .size = sizeof(uint32_t)};
	t.sections[3] = (Elf64_Shdr){.sh_name = 1,
				     .sh_type = SHT_PROGBITS,
				     .sh_offset = offsetof(struct tiny, btf),
				     .sh_size = sizeof(t.btf)};
	t.sections[4] = (Elf64_Shdr){.sh_name = 0,
				     .sh_type = SHT_SYMTAB,
				     .sh_link = 1,
				     .sh_entsize = sizeof(Elf64_Sym),
				     .sh_offset = offsetof(struct tiny, symbols),
				     .sh_size = sizeof(t.symbols)};
	t.symbols[1].st_name = 11;
	return t;
}

/* A copy of exactly @size bytes, so that ASan sees a read behind it. */
static int check(const void *image, size_t size, struct strbuf *why)
{
	void *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, image, size);
	strbuf_reset(why);
	err = elf_check(copy, size, why);
	free(copy);
	return err;
}

static void turn_words(void *at, size_t size)
{
	uint32_t *word = at;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		word[i] = bswap_32(word[i]);
}

/* The same object for a machine of the other byte order, such as a guest of s390x. */
static void turn(struct tiny *t)
{
	const size_t head = offsetof(struct btf_header, hdr_len);

	for (size_t i = 0; i < ARRAY_SIZE(t->sections); i++) {
		Elf64_Shdr *sh = &t->sections[i];

		sh->sh_name = bswap_32(sh->sh_name);
		sh->sh_type = bswap_32(sh->sh_type);
		sh->sh_flags = bswap_64(sh->sh_flags);
		sh->sh_offset = bswap_64(sh->sh_offset);
		sh->sh_size = bswap_64(sh->sh_size);
	}
	t->eh.e_ident[EI_DATA] = ELFDATA2MSB;
	t->eh.e_machine = bswap_16(t->eh.e_machine);
	t->eh.e_shoff = bswap_64(t->eh.e_shoff);
	t->eh.e_shentsize = bswap_16(t->eh.e_shentsize);
	t->eh.e_shnum = bswap_16(t->eh.e_shnum);
	t->eh.e_shstrndx = bswap_16(t->eh.e_shstrndx);
	t->btf.header.magic = bswap_16(t->btf.header.magic);
	turn_words((char *)&t->btf + head,
		   offsetof(struct tiny, btf.strings) - offsetof(struct tiny, btf) - head);
}

/* As check(), of a file for a machine of that byte order. */
static int check_of(const void *image, size_t size, bool big_endian, struct strbuf *why)
{
	char path[] = "/tmp/beebench-u-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, size), size);
	close(fd);
	strbuf_reset(why);
	err = elf_check_file_of(path, big_endian, why);
	assert_int_equal(!err, !why->len);
	if (why->len) { /* "PATH: .." */
		assert_memory_equal(why->s, path, strlen(path));
		strbuf_replace(why, path, "");
		strbuf_replace(why, ": ", "");
	}
	unlink(path);
	return err;
}

/* Issue 13: a guest of the other byte order is not booted for an object that is cut. */
static void the_other_byte_order(void **state UNUSED)
{
	struct strbuf why = STRBUF_INIT;
	struct tiny t = tiny_object();

	assert_int_equal(check_of(&t, sizeof(t), false, &why), 0);
	assert_int_equal(check_of(&t, sizeof(t), true, &why), -EINVAL);
	assert_memory_equal(why.s, "of the other byte order (little-endian)", 39);
	turn(&t);
	assert_int_equal(check_of(&t, sizeof(t), true, &why), 0);
	assert_int_equal(check_of(&t, sizeof(t), false, &why), -EINVAL);
	assert_memory_equal(why.s, "of the other byte order (big-endian)", 36);
	for (size_t n = 0; n < sizeof(t); n++)
		assert_int_equal(check_of(&t, n, true, &why), -EINVAL);
	/* Who does not read its maps needs no BTF. */
	t.sections[3].sh_name = 0;
	assert_int_equal(check_of(&t, sizeof(t), true, &why), 0);
	assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
	strbuf_release(&why);
}

static void a_good_one(void **state UNUSED)
{
	struct strbuf why = STRBUF_INIT;
	struct tiny t = tiny_object();

	assert_int_equal(check(&t, sizeof(t), &why), 0);
	assert_string_equal(why.s, "");
	strbuf_release(&why);
}

static void each_defect(void **state UNUSED)
{
	struct strbuf why = STRBUF_INIT;
	struct tiny t = tiny_object();

	t.eh.e_machine = EM_AARCH64;
	assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
	assert_string_equal(why.s, "an object for arm64 (ELF machine 183), not for BPF; compile it "
				   "with: clang -g -O2 -target bpf");
	t = tiny_object();
	t.sections[3].sh_name = 0;
	assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
	assert_non_null(strstr(why.s, "has no BTF"));
	t = tiny_object();
	t.sections[2].sh_flags = 0;
	assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
	assert_non_null(strstr(why.s, "holds no program"));
	t = tiny_object();
	t.sections[3].sh_offset = UINT64_MAX - 4;
	assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
	assert_non_null(strstr(why.s, "truncated: section 3"));
	t = tiny_object();
	t.eh.e_shnum = 0;
	assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
	assert_string_equal(why.s, "an ELF file without a section table; build it again");
	strbuf_release(&why);
}

/* Issue 13, 6: what libbpf would follow is looked at before. */
static void every_type_of_a_btf(void **state UNUSED)
{
	static const struct {
		size_t at;
		uint32_t word;
		const char *why;
	} cases[] = {
		{offsetof(struct tiny, btf.alias.type), 4, "type [1] of its BTF refers to type 4"},
		{offsetof(struct tiny, btf.alias.type), 1,
		 "type [1] of its BTF stands for another one deeper than 64"},
		{offsetof(struct tiny, btf.member.type), 0x80000000,
		 "type [2] of its BTF refers to type 2147483648"},
		{offsetof(struct tiny, btf.member.name_off), 8,
		 "type [2] of its BTF has its name at byte 8"},
		{offsetof(struct tiny, btf.number.name_off), UINT32_MAX,
		 "type [3] of its BTF has its name at byte 4294967295"},
		{offsetof(struct tiny, btf.whole.info), BTF_KIND_STRUCT << 24 | 0xffff,
		 "type [2] of its BTF does not end in its section, but at byte "},
		{offsetof(struct tiny, btf.number.info), 31U << 24,
		 "type [3] of its BTF is of the unknown kind 31"},
		{offsetof(struct tiny, btf.header.type_len), UINT32_MAX,
		 "its BTF section is damaged"},
		{offsetof(struct tiny, btf.header.str_off), UINT32_MAX,
		 "its BTF section is damaged"},
		{offsetof(struct tiny, btf.header.hdr_len), 4096, "its BTF section is damaged"},
		{offsetof(struct tiny, btf.header.str_len), 2, "its BTF section is damaged"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf why = STRBUF_INIT;
		struct tiny t = tiny_object();

		memcpy((char *)&t + cases[i].at, &cases[i].word, sizeof(cases[i].word));
		assert_int_equal(check(&t, sizeof(t), &why), -EINVAL);
		assert_memory_equal(why.s, cases[i].why, strlen(cases[i].why));
		assert_non_null(strstr(why.s, "; build it again"));
		turn(&t);
		assert_int_equal(check_of(&t, sizeof(t), true, &why), -EINVAL);
		assert_memory_equal(why.s, cases[i].why, strlen(cases[i].why));
		strbuf_release(&why);
	}
}

static void every_length(void **state UNUSED)
{
	struct strbuf why = STRBUF_INIT;
	struct tiny t = tiny_object();

	for (size_t n = 0; n < sizeof(t); n++) {
		assert_int_equal(check(&t, n, &why), -EINVAL);
		assert_true(why.len > 0);
		assert_string_equal(!n ? why.s : "", !n ? "empty: 0 bytes; build it again" : "");
		assert_null(strstr(why.s, "not an ELF file"));
	}
	strbuf_release(&why);
}

/* Whatever a byte says, nothing outside the image is read, and a refusal has a reason. */
static void every_byte(void **state UNUSED)
{
	static const unsigned char values[] = {0, 1, 2, 8, 0x7f, 0x80, 0xff};
	char path[] = "/tmp/beebench-u-XXXXXX";
	struct strbuf why = STRBUF_INIT;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(struct tiny); i++)
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			struct tiny t = tiny_object();

			((unsigned char *)&t)[i] = values[v];
			assert_true(!check(&t, sizeof(t), &why) == !why.len);
			assert_int_equal(pwrite(fd, &t, sizeof(t), 0), sizeof(t));
			elf_has_symbol(path, "mem_stats_map");
		}
	close(fd);
	unlink(path);
	strbuf_release(&why);
}

static void symbols(void **state UNUSED)
{
	char path[] = "/tmp/beebench-u-XXXXXX";
	struct tiny t = tiny_object();
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &t, sizeof(t)), sizeof(t));
	close(fd);
	assert_true(elf_has_symbol(path, "mem_stats_map"));
	assert_false(elf_has_symbol(path, "mem_stats"));
	unlink(path);
	assert_false(elf_has_symbol(path, "mem_stats_map"));
}

static void shortens(const char *log, const char *expected)
{
	struct strbuf out = STRBUF_INIT;

	verifier_shorten(log, &out);
	assert_string_equal(out.s, expected);
	strbuf_release(&out);
}

static void verifier_logs(void **state UNUSED)
{
	/* Linux 6.18, taken here. */
	shortens("reg type unsupported for arg#0 function on_mmap#35\n"
		 "0: R1=ctx() R10=fp0\n"
		 "; __u32 key = 0; @ bad.bpf.c:9\n"
		 "0: (b7) r1 = 0                        ; R1_w=0\n"
		 "1: (63) *(u32 *)(r10 -4) = r1         ; R1_w=0 R10=fp0 fp-8=0000????\n"
		 "; s->mmap_count++; @ bad.bpf.c:12\n"
		 "7: (79) r1 = *(u64 *)(r0 +48)         ; R1_w=5\n"
		 "R0 invalid mem access 'map_value_or_null'\n"
		 "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 "
		 "peak_states 0 mark_read 0\n",
		 "    ; s->mmap_count++; @ bad.bpf.c:12\n"
		 "    7: (79) r1 = *(u64 *)(r0 +48)\n"
		 "    R0 invalid mem access 'map_value_or_null'");
	/* Linux 6.1: no file and line; no line feed at the end. */
	shortens("0: R1=ctx(off=0,imm=0) R10=fp0\n"
		 "; return *p;\n"
		 "3: (61) r0 = *(u32 *)(r2 +0)\n"
		 "invalid access to map value, value_size=4 off=4 size=4\n"
		 "R2 min value is outside of the allowed memory range\n"
		 "verification time 57 usec\n"
		 "stack depth 4",
		 "    ; return *p;\n"
		 "    3: (61) r0 = *(u32 *)(r2 +0)\n"
		 "    invalid access to map value, value_size=4 off=4 size=4\n"
		 "    R2 min value is outside of the allowed memory range");
	/* Nothing but a complaint. */
	shortens("BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns\n",
		 "    BPF program is too large. Processed 1000001 insn");
	shortens("", "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one),	       cmocka_unit_test(each_defect),
		cmocka_unit_test(every_type_of_a_btf), cmocka_unit_test(every_length),
		cmocka_unit_test(every_byte),	       cmocka_unit_test(symbols),
		cmocka_unit_test(verifier_logs),       cmocka_unit_test(the_other_byte_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
