/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads an object that honeyc wrote, for the tests: as any libbpf program would, nothing pinned.
 * Usage: load_check COMMAND OBJ [ARG...], where COMMAND is
 *
 * - load: verify every program; print "program NAME SECTION" and "map NAME".
 *
 * - attach: also attach every program, and detach again.
 *
 * - run: run the raw tracepoint program `run` or `main` once with these arguments; print its result
 *   and the u64 values of the array `out`.
 *
 * - packet: run `main` of xdp on a packet; print its result and what it left.
 *
 * - cleanup MAP N: put N keys into MAP, run the only program, print how many are left.
 */
#include "lib/base.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static int list(struct bpf_object *obj, bool attach)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_program (prog, obj) {
		struct bpf_link *link = NULL;

		if (attach) {
			link = bpf_program__attach(prog);
			if (!link) {
				fprintf(stderr, "cannot attach %s: %s\n", bpf_program__name(prog),
					strerror(errno));
				return 1;
			}
		}
		printf("program %s %s\n", bpf_program__name(prog), bpf_program__section_name(prog));
		bpf_link__destroy(link);
	}
	bpf_object__for_each_map (map, obj)
		printf("map %s\n", bpf_map__name(map));
	return 0;
}

static int test_run(const struct bpf_program *prog, int n, char **words)
{
	uint64_t args[12] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int err;

	for (int i = 0; i < n && i < 12; i++)
		args[i] = strtoull(words[i], NULL, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (err) {
		fprintf(stderr, "cannot run %s: %s\n", bpf_program__name(prog), strerror(-err));
		return 1;
	}
	printf("result %d\n", (int)opts.retval);
	return 0;
}

static int run(struct bpf_object *obj, int n, char **words)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "run");

	int fd = bpf_object__find_map_fd_by_name(obj, "out");
	uint64_t value;

	if (!prog)
		prog = bpf_object__find_program_by_name(obj, "main");
	if (!prog || test_run(prog, n, words))
		return 1;
	for (uint32_t i = 0; fd >= 0 && !bpf_map_lookup_elem(fd, &i, &value); i++)
		printf("%s%" PRIu64, i ? " " : "out ", value);
	printf("\n");
	return 0;
}

/* Runs `main` of xdp on a packet of UDP to port 53, sent from 02:00:00:00:00:0a. */
static int packet(struct bpf_object *obj)
{
	uint8_t data[64] = {
		[0] = 2, [6] = 2, [11] = 10, [12] = 8, [14] = 0x45, [23] = 17, [37] = 53};
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "main");
	uint8_t after[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = sizeof(data),
		    .data_out = after, .data_size_out = sizeof(after));
	int err = prog ? bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) : -ENOENT;
	int fd = bpf_object__find_map_fd_by_name(obj, "seen");
	uint64_t key = 0, value = 0;

	if (err) {
		fprintf(stderr, "cannot run main: %s\n", strerror(-err));
		return 1;
	}
	printf("result %u port %d\n", opts.retval, after[36] << 8 | after[37]);
	if (fd >= 0 && !bpf_map_get_next_key(fd, NULL, &key) &&
	    !bpf_map_lookup_elem(fd, &key, &value))
		printf("seen %" PRIx64 " %" PRIu64 "\n", key, value);
	return 0;
}

static int cleanup(struct bpf_object *obj, const char *name, uint32_t n)
{
	struct bpf_program *prog = bpf_object__next_program(obj, NULL);
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);
	unsigned int left = 0;
	uint64_t value[64] = {0};
	uint32_t key, next;

	if (!prog || !map || bpf_map__value_size(map) > sizeof(value))
		return 1;
	for (uint32_t i = 1; i <= n; i++)
		if (bpf_map_update_elem(bpf_map__fd(map), &i, value, BPF_ANY))
			return 1;
	if (test_run(prog, 0, NULL))
		return 1;
	for (int err = bpf_map_get_next_key(bpf_map__fd(map), NULL, &next); !err; left++) {
		key = next;
		err = bpf_map_get_next_key(bpf_map__fd(map), &key, &next);
	}
	printf("left %u\n", left);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	int code = 1;

	if (argc < 3)
		return 2;
	libbpf_set_print(quiet);
	obj = bpf_object__open(argv[2]);
	if (!obj || bpf_object__load(obj)) {
		fprintf(stderr, "cannot load %s\n", argv[2]);
	} else if (!strcmp(argv[1], "run")) {
		code = run(obj, argc - 3, argv + 3);
	} else if (!strcmp(argv[1], "packet")) {
		code = packet(obj);
	} else if (!strcmp(argv[1], "cleanup") && argc == 5) {
		code = cleanup(obj, argv[3], (uint32_t)strtoul(argv[4], NULL, 10));
	} else {
		code = list(obj, !strcmp(argv[1], "attach"));
	}
	bpf_object__close(obj);
	return code;
}
