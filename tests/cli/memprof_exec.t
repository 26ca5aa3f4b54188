#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof run and programs that are given another LD_PRELOAD, as whoever chooses an allocator does:
# the library goes along, by each call that starts a program.
# beside others
. tests/lib.sh

memprof=$B/memprof

# It sets LD_PRELOAD to its second argument, becomes itself by the call that the first one names,
# and allocates 5 blocks then. "other" is written by the library that is preloaded.
cat >"$tmp/ways.c" <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
void *kept[5];
__attribute__((noinline)) void at_the_end(void)
{
	for (int i = 0; i < 5; i++)
		kept[i] = malloc(100);
}
static int wait_for(int err, const pid_t *pid)
{
	int status = 0;
	if (err || waitpid(*pid, &status, 0) != *pid || !WIFEXITED(status))
		return 3;
	return WEXITSTATUS(status);
}
int main(int argc, char *argv[])
{
	char *me = argv[0], *name = strrchr(me, '/') + 1, *path = strdup(me), *again[] = {me, "end", "a", "b", NULL};
	pid_t pid = 0;
	if (argc == 4 && !strcmp(argv[1], "end")) {
		at_the_end();
		return argv[2][0] == 'a' && argv[3][0] == 'b' ? 0 : 4;
	}
	path[name - 1 - me] = '\0';
	setenv("PATH", path, 1);
	setenv("LD_PRELOAD", argv[2], 1);
	if (argc > 3)
		unsetenv("LD_PRELOAD");
	if (!strcmp(argv[1], "execve"))
		execve(me, again, environ);
	if (!strcmp(argv[1], "execv"))
		execv(me, again);
	if (!strcmp(argv[1], "execvp"))
		execvp(name, again);
	if (!strcmp(argv[1], "execvpe"))
		execvpe(name, again, environ);
	if (!strcmp(argv[1], "execl"))
		execl(me, me, "end", "a", "b", (char *)NULL);
	if (!strcmp(argv[1], "execlp"))
		execlp(name, me, "end", "a", "b", (char *)NULL);
	if (!strcmp(argv[1], "execle"))
		execle(me, me, "end", "a", "b", (char *)NULL, environ);
	if (!strcmp(argv[1], "fexecve"))
		fexecve(open(me, O_RDONLY | O_CLOEXEC), again, environ);
	if (!strcmp(argv[1], "vfork")) {
		pid = vfork();
		if (!pid) {
			execve(me, again, environ);
			_exit(5);
		}
		return wait_for(0, &pid);
	}
	if (!strcmp(argv[1], "spawn"))
		return wait_for(posix_spawn(&pid, me, NULL, NULL, again, environ), &pid);
	if (!strcmp(argv[1], "spawnp"))
		return wait_for(posix_spawnp(&pid, name, NULL, NULL, again, environ), &pid);
	if (!strcmp(argv[1], "missing"))
		return execve("/nothing/here", again, environ) == -1 && execvp("nothing-here", again) == -1 &&
				       posix_spawnp(&pid, "nothing-here", NULL, NULL, again, environ)
			       ? 6
			       : 7;
	return 8;
}
C
cat >"$tmp/other.c" <<'C'
#include <unistd.h>
static __attribute__((constructor)) void hello(void)
{
	if (write(1, "other\n", 6) != 6)
		_exit(9);
}
C
"${CC:-cc}" -O1 -g -fno-builtin -o "$tmp/ways" "$tmp/ways.c" && "${CC:-cc}" -O1 -fPIC -shared -o "$tmp/other.so" "$tmp/other.c" || exit 2

# at_the_end WORD..: what `memprof run` with these sees of the five blocks.
at_the_end() {
	run "$memprof" run --exact -q -o "$tmp/p" "$@"
	seen=$("$memprof" report "$tmp/p" --format json | jq '[.stacks[] | select(any(.frames[]; . == "at_the_end")) | .allocs] | add // 0')
}
for way in execve execv execvp execvpe execl execlp execle fexecve vfork spawn spawnp; do
	at_the_end -- "$tmp/ways" $way "$tmp/other.so"
	is "$way with another LD_PRELOAD: both libraries are there" "$code $out $seen" "0 other 5"
done
at_the_end -- "$tmp/ways" missing "$tmp/other.so"
is "what is not there is told as ever" "$code" 6
at_the_end -- env LD_PRELOAD="$tmp/other.so" "$tmp/ways" end a b
is "env LD_PRELOAD=" "$code $out $seen" "0 other 5"
# shellcheck disable=SC2016
at_the_end -- sh -c 'LD_PRELOAD=$1 "$0" end a b; exit $?' "$tmp/ways" "$tmp/other.so"
is "a shell's LD_PRELOAD=" "$code $out $seen" "0 other 5"
# Where the list has the library already, wherever, it is not there twice.
# shellcheck disable=SC2016
at_the_end -- env LD_PRELOAD="$tmp/other.so:$(readlink -f "$B/libmemprof.so")" sh -c 'echo "$LD_PRELOAD"; exec "$@"' - "$tmp/ways" end a b
is "a list that has it is left as it is" "$code $(printf '%s\n' "$out" | grep -v '^other$') $seen" "0 $tmp/other.so:$(readlink -f "$B/libmemprof.so") 5"

# Without a list, without MEMPROF_RUN, and with --no-follow a program is left alone on purpose.
at_the_end -- "$tmp/ways" execve "$tmp/other.so" none
is "without LD_PRELOAD it is left alone" "$code $out $seen" "0  0"
at_the_end -- env -u MEMPROF_RUN LD_PRELOAD="$tmp/other.so" "$tmp/ways" end a b
is "without MEMPROF_RUN it is left alone" "$code $out $seen" "0 other 0"
at_the_end --no-follow -- "$tmp/ways" spawn "$tmp/other.so"
is "--no-follow leaves it alone" "$code $out $seen" "0 other 0"
done_testing
