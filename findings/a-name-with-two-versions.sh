#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A uprobe by name on a function that glibc has in two versions: bpftrace attaches to the one that no program calls.
#
# The question: glibc keeps old versions of some functions beside the one that programs are linked to: pthread_cond_signal@GLIBC_2.2.5 and
# pthread_cond_signal@@GLIBC_2.3.2, each with code of its own. A program calls eight functions 1,000 times each. How many calls does a probe at
# the function's name count?
# The guess: bpftrace 1,000 each, 0.17 as 0.27; libbpf 1.1 says that the name is ambiguous, and 1.7, which knows versions, takes the default.
# For memcpy, which is an indirect function, 0: the probe stands at the function that chooses one.
# What happens: both versions of bpftrace take the first of that name in the file's table, which is the old one or not, as it comes:
# pthread_cond_signal and realpath 1,000, but of pthread_cond_init, pthread_cond_timedwait, pthread_cond_destroy, pthread_kill and
# sched_getaffinity 0 of 1,000. "Attached", and no warning. libbpf refuses in 1.1 as in 1.7, whose
# bpf_program__attach_uprobe() takes NAME@VERSION. perf probe takes the default version, or both (sched_getaffinity). memcpy is 0 or the
# few calls of the chooser; only perf probe warns.
# Why it matters: a monitor of waiting threads that probes pthread_cond_wait, _timedwait and _signal sees the signals and not the timed waits,
# on the same library with the same words. A count of 0 proves nothing until `readelf --dyn-syms` shows one line for the name.
# Source: run here. Versions: bpftrace 0.17.0-1 and 0.27.1-1, libbpf 1.1.2 and 1.7.0, linux-perf 6.1.192-3, glibc 2.36-9+deb12u14, amd64.
# First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
[ "$(id -u)" -eq 0 ] || cannot "needs root"
need bpftrace perf cc clang readelf
case $(bpftrace --version) in
*v0.17.0*) ;;
*) cannot "the bpftrace here is not 0.17.0" ;;
esac
libc=/lib/x86_64-linux-gnu/libc.so.6
case $("$libc" | head -n 1) in
*"Debian GLIBC 2.36-9"*) ;;
*) cannot "the C library here is not Debian's 2.36-9" ;;
esac

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libbpf1=1:1.1.2-0+deb12u1
fetch sid libgcc-s1=16.2.0-4 libc6=2.43-7 libzstd1=1.5.7+dfsg-4 zlib1g=1:1.3.dfsg+really1.3.2-4 libelf1t64=0.196-1 \
	libbpf1=1:1.7.0-1 libmd0=1.3.0-1 libbsd0=0.12.2-3 libtinfo6=6.6+20260608-2 libedit2=3.1-20260512-1 libffi8=3.8.0-2 \
	libstdc++6=16.2.0-4 libxml2-16=2.15.4+dfsg-1+b1 libz3-4=4.13.3-1.1 libllvm21=1:21.1.8-14 libclang-cpp21=1:21.1.8-14 \
	liblzma5=5.8.4-1 libbpfcc=0.37.0+ds-8 libclang1-21=1:21.1.8-14 libbz2-1.0=1.0.8-6+b2 libdw1t64=0.196-1 \
	libsframe3=2.47.50.20261021-1 bpftrace=0.27.1-1

functions="pthread_cond_init pthread_cond_signal pthread_cond_timedwait pthread_cond_destroy pthread_kill realpath sched_getaffinity memcpy"
cat >"$tmp/calls.c" <<'END'
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
int main(void)
{
	void *(*volatile copy)(void *, const void *, size_t) = memcpy;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct timespec long_ago = { 0 };
	char from[100] = "", to[PATH_MAX];
	cpu_set_t processors;
	for (int i = 0; i < 1000; i++) {
		pthread_cond_t condition;
		pthread_cond_init(&condition, NULL);
		pthread_cond_signal(&condition);
		pthread_mutex_lock(&lock);
		pthread_cond_timedwait(&condition, &lock, &long_ago);
		pthread_mutex_unlock(&lock);
		pthread_cond_destroy(&condition);
		pthread_kill(pthread_self(), 0);
		if (!realpath("/", to))
			return 1;
		sched_getaffinity(0, sizeof(processors), &processors);
		copy(to, from, i % 100);
	}
	return 0;
}
END
cc -O1 -w -pthread -o "$tmp/versioned" "$tmp/calls.c" || cannot "cc"
cat >"$tmp/probe.bpf.c" <<'END'
#define SECTION(name) __attribute__((section(name), used))
static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
struct { int (*type)[2]; int (*max_entries)[1]; int *key; long *value; } calls SECTION(".maps");
SECTION("uprobe") int at(void *registers)
{
	int key = 0;
	long *count = bpf_map_lookup_elem(&calls, &key);
	return count ? __sync_fetch_and_add(count, 1), 0 : 0;
}
char _license[] SECTION("license") = "GPL";
END
clang -O2 -g -w -target bpf -c -o "$tmp/probe.o" "$tmp/probe.bpf.c" || cannot "clang -target bpf"
cat >"$tmp/attach.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
static int silent(enum libbpf_print_level level, const char *format, va_list words)
{
	return 0;
}
/* attach OBJECT LIBRARY NAME COMMAND */
int main(int count, char **words)
{
	LIBBPF_OPTS(bpf_uprobe_opts, where, .func_name = words[3]);
	int key = 0;
	long calls = -1;
	libbpf_set_print(silent);
	struct bpf_object *object = bpf_object__open(words[1]);
	if (!object || bpf_object__load(object))
		return 1;
	if (!bpf_program__attach_uprobe_opts(bpf_object__find_program_by_name(object, "at"), -1, words[2], 0, &where)) {
		puts("refused");
		return 0;
	}
	if (system(words[4]))
		return 1;
	bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(object, "calls")), &key, &calls);
	printf("%ld\n", calls);
	return 0;
}
END
cc -O1 -w -I"$root/here/usr/include" -o "$tmp/attach" "$tmp/attach.c" "$root/here/usr/lib/x86_64-linux-gnu/libbpf.so.1" || cannot "libbpf"

# The figure, or "few" for what a chooser is called.
few() { sed 's/^[1-9]$/few/; s/^0$/few/'; }
# by_bpftrace BPFTRACE..: a line for each function
by_bpftrace() {
	script=
	for function in $functions; do
		script="$script uprobe:$libc:$function /comm == \"versioned\"/ { @$function = count(); }"
	done
	"$@" -c "$tmp/versioned" -e "$script" </dev/null >"$tmp/seen" 2>/dev/null
}
counted() {
	figure=$(sed -n "s/^@$1: //p" "$tmp/seen")
	echo "${figure:-0}"
}
wants() {
	case $1 in
	pthread_cond_signal | realpath) echo 1000 ;;
	memcpy) echo few ;;
	*) echo 0 ;;
	esac
}
for version in 0.17 0.27; do
	if [ $version = 0.17 ]; then
		by_bpftrace bpftrace
	else
		by_bpftrace run sid usr/bin/bpftrace
	fi
	for function in $functions; do
		figure=$(counted "$function")
		[ "$function" != memcpy ] || figure=$(echo "$figure" | few)
		sees "bpftrace $version, 1,000 calls of $function" "$figure" "$(wants "$function")"
	done
done
by_libbpf() {
	cp "$tmp/attach" "$root/$1/attach"
	run "$1" attach "$tmp/probe.o" "$libc" "$2" "$tmp/versioned"
}
for function in pthread_cond_signal pthread_cond_timedwait; do
	sees "libbpf 1.1, $function" "$(by_libbpf here $function)" refused
	sees "libbpf 1.7, $function" "$(by_libbpf sid $function)" refused
	sees "libbpf 1.7, $function@GLIBC_2.3.2" "$(by_libbpf sid $function@GLIBC_2.3.2)" 1000
done
sees "libbpf 1.7, memcpy" "$(by_libbpf sid memcpy | few)" few
for function in pthread_cond_timedwait sched_getaffinity realpath memcpy; do
	want="1 place, nothing said"
	case $function in
	sched_getaffinity) want="2 places, nothing said" ;;
	memcpy) want="1 place, a warning" ;;
	esac
	places=$(perf probe -x "$libc" -D "$function" 2>"$tmp/said" | grep -c '^p:')
	said="nothing said"
	! grep -q '^Warning' "$tmp/said" || said="a warning"
	[ "$places" -eq 1 ] && places="1 place" || places="$places places"
	sees "perf probe -D, $function" "$places, $said" "$want"
done
done_seeing
