#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The BPF iterator over memory areas lists those of one process twice, or once for each of its threads: by the files it has open.
#
# The question: a monitor sums the areas of a process with an iter/task_vma program, as `bpf_iter` offers it. Threads share their
# address space; how often is an area of a process of several threads visited?
# The guess: once. The iterator passes over all threads but the first, or over those with the same mm.
# What happens: it passes over a thread whose *open files* are those of the process's first thread, which is the rule of
# iter/task_file; of the address space nothing is asked. So all areas come once more
#   - for each thread that has open files of its own, after unshare(CLONE_FILES) or close_range(.., CLOSE_RANGE_UNSHARE);
#   - for each thread there is, when the first one has ended by pthread_exit(): it has no files any more, so theirs are others.
#     iter/task_file lists the files as often then.
# Nothing tells such a visit from one of another process, but task->mm and task->tgid. 6.1, 6.12 and 7.2 do the same.
# Why it matters: what a program sums by tgid in this iterator (size, resident pages, huge pages, areas of a library) is double or N-fold
# for a few processes, while /proc is right. Keep the last task->mm that was summed, or skip tasks that are not the first of their
# mm in the program itself.
# Source: run here, with /proc beside it; kernel/bpf/task_iter.c (task_seq_get_next) says why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU, libbpf 1.1.2. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need clang cc

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/visits.c" <<'END'
#define section(name) __attribute__((section(name), used))
#define kernel __attribute__((preserve_access_index))
struct task_struct { int tgid; } kernel;
struct bpf_iter__task_vma { void *meta; struct task_struct *task; void *vma; } kernel;
struct bpf_iter__task_file { void *meta; struct task_struct *task; unsigned int fd; void *file; } kernel;
char _license[] section("license") = "GPL";
struct { long areas, files, process; } seen;
section("iter/task_vma") int areas(struct bpf_iter__task_vma *visit)
{
	struct task_struct *task = visit->task;
	if (task && visit->vma && task->tgid == seen.process)
		seen.areas++;
	return 0;
}
section("iter/task_file") int files(struct bpf_iter__task_file *visit)
{
	struct task_struct *task = visit->task;
	if (task && visit->file && task->tgid == seen.process)
		seen.files++;
	return 0;
}
END
clang -O2 -g -target bpf -c -o "$tmp/guest/visits.o" "$tmp/visits.c" || cannot "clang -target bpf"

# A process of four threads in each state, and what the iterators and /proc say of it.
cat >"$tmp/process.c" <<'END'
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static int told[2], own_files;
static void *thread(void *number)
{
	int tid = gettid();
	if ((long)number < own_files)
		unshare(CLONE_FILES);
	write(told[1], &tid, sizeof(tid));
	for (;;)
		pause();
}
static int process(int files, int first_ends)
{
	int pid, tid;
	pipe(told);
	pid = fork();
	if (!pid) {
		pthread_t made;
		own_files = files;
		for (long i = 0; i < 3; i++)
			pthread_create(&made, NULL, thread, (void *)i);
		if (first_ends)
			syscall(SYS_exit, 0); /* this thread alone */
		for (;;)
			pause();
	}
	for (int i = 0; i < 3; i++)
		read(told[0], &tid, sizeof(tid));
	for (char state = 0; first_ends && state != 'Z';) {
		char path[64];
		FILE *stat;
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		stat = fopen(path, "r");
		fscanf(stat, "%*d %*s %c", &state);
		fclose(stat);
	}
	return pid;
}
static void visit(struct bpf_object *object, const char *name)
{
	struct bpf_link *link = bpf_program__attach_iter(bpf_object__find_program_by_name(object, name), NULL);
	int iterator = bpf_iter_create(bpf_link__fd(link));
	char nothing[16];
	while (read(iterator, nothing, sizeof(nothing)) > 0)
		;
	close(iterator);
	bpf_link__destroy(link);
}
int main(int count, char **how)
{
	struct bpf_object *object = bpf_object__open("/visits.o");
	long seen[3] = { 0 }, areas = 0, files = 0;
	int zero = 0, pid = process(atoi(how[1]), atoi(how[2])), map, letter;
	char command[256];
	FILE *lines;
	if (bpf_object__load(object))
		return 1;
	map = bpf_map__fd(bpf_object__find_map_by_name(object, ".bss"));
	seen[2] = pid;
	bpf_map_update_elem(map, &zero, seen, 0);
	visit(object, "areas");
	visit(object, "files");
	bpf_map_lookup_elem(map, &zero, seen);
	/* the newest thread's view; the vsyscall page is no area */
	snprintf(command, sizeof(command), "cd /proc/%d/task; set -- *; while [ $# -gt 1 ]; do shift; done;"
		"/bin/busybox grep -cv vsyscall $1/maps; /bin/busybox ls $1/fd | /bin/busybox wc -l", pid);
	lines = popen(command, "r");
	fscanf(lines, "%ld %ld", &areas, &files);
	printf("of %ld areas %ld visits, of %ld files %ld\n", areas, seen[0], files, seen[1]);
	kill(pid, SIGKILL);
	return 0;
}
END
for_guest "$tmp/process.c" "$tmp/guest/process" -lbpf -lelf -lz -lpthread
cat >"$tmp/guest/look" <<'END'
/bin/busybox ln -s busybox /bin/sh
/process 0 0
/process 1 0
/process 2 0
/process 0 1
END
# listed LINUX AREAS SUITE PACKAGE=VERSION
listed() {
	boot "$3" "$4"
	sees "$1, four threads" "$(sed -n 1p "$tmp/told")" "of $2 areas $2 visits, of 5 files 5"
	sees "$1, one of them has files of its own" "$(sed -n 2p "$tmp/told")" "of $2 areas $((2 * $2)) visits, of 5 files 10"
	sees "$1, two of them have" "$(sed -n 3p "$tmp/told")" "of $2 areas $((3 * $2)) visits, of 5 files 15"
	sees "$1, the first has ended, all share files" "$(sed -n 4p "$tmp/told")" "of $2 areas $((3 * $2)) visits, of 5 files 15"
}
listed "Linux 6.1" 17 here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
listed "Linux 6.12" 17 here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
listed "Linux 7.2" 18 sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
