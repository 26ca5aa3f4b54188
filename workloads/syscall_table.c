/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows, and who is who among them. */
#include "lib/base.h"
#include "workloads/syscall_table.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>

#include "lib/suggest.h"
#include "workloads/syscall_rig.h"

/* Calls of older processors, which newer ones have only in their wider form. */
#define NONE (-1)
#ifndef SYS_open
#define SYS_open	 NONE
#define SYS_creat	 NONE
#define SYS_stat	 NONE
#define SYS_lstat	 NONE
#define SYS_access	 NONE
#define SYS_readlink	 NONE
#define SYS_mkdir	 NONE
#define SYS_rmdir	 NONE
#define SYS_unlink	 NONE
#define SYS_rename	 NONE
#define SYS_link	 NONE
#define SYS_symlink	 NONE
#define SYS_chmod	 NONE
#define SYS_chown	 NONE
#define SYS_mknod	 NONE
#define SYS_dup2	 NONE
#define SYS_pipe	 NONE
#define SYS_poll	 NONE
#define SYS_select	 NONE
#define SYS_epoll_create NONE
#define SYS_epoll_wait	 NONE
#define SYS_eventfd	 NONE
#define SYS_signalfd	 NONE
#define SYS_inotify_init NONE
#define SYS_time	 NONE
#define SYS_getpgrp	 NONE
#define SYS_alarm	 NONE
#define SYS_utime	 NONE
#endif
#ifndef SYS_renameat
#define SYS_renameat NONE
#endif
#ifndef SYS_getrlimit
#define SYS_getrlimit NONE
#endif
#ifndef SYS_fstat
#define SYS_fstat NONE
#endif
#ifndef SYS_newfstatat
#define SYS_newfstatat NONE
#endif
#ifndef SYS_arch_prctl
#define SYS_arch_prctl NONE
#endif
/* s390x never had these. */
#ifndef SYS_accept
#define SYS_accept NONE
#endif
#ifndef SYS_time
#define SYS_time NONE
#endif

#define CALL(name, ...)                                                                            \
	{                                                                                          \
		SYS_##name + 1,                                                                    \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define ROW(name_, ...)                                                                            \
	{                                                                                          \
		.name = #name_, .call = SYS_##name_ + 1, __VA_ARGS__                               \
	}
#define ARGS(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define GOOD(what, ...)	       .works = what, .good = ARGS(__VA_ARGS__)
#define BAD(what, errno_, ...) .fails = what, .err = errno_, .bad = ARGS(__VA_ARGS__)
#define BEFORE(...)	       .before = {__VA_ARGS__}
#define UNDO(what, ...)	       .undo = what, .after = {__VA_ARGS__}
#define V(field)	       SYSCALL_VALUE(field)
#define AT(field)	       SYSCALL_AT(field)
#define TEXT(text)	       ((uint64_t)(uintptr_t)(text))
#define MINUS(n)	       ((uint64_t) - (n))
#define RESULT		       V(result)
#define CLOSES		       UNDO("closes it", CALL(close, RESULT))
#define NO_FD		       MINUS(1)
/* Numbers that no kernel gives a meaning. */
#define NONSENSE	       0x7fff
#define NOBODY		       INT_MAX

#define FILE_	      TEXT("file")
#define ABSENT	      TEXT("absent")
#define MADE	      TEXT("made")
#define BAD_FD(...)   BAD("a descriptor that is none", EBADF, NO_FD, ##__VA_ARGS__)
#define BAD_NAME(...) BAD("a name that is not there", ENOENT, __VA_ARGS__)

const struct syscall_row syscall_rows[] = {
	/* Files by name. */
	ROW(openat, GOOD("opens a file to read", V(dir), FILE_, O_RDONLY), CLOSES,
	    BAD_NAME(V(dir), ABSENT, O_RDONLY)),
	ROW(openat2, GOOD("opens a file to read", V(dir), FILE_, AT(how), sizeof(struct open_how)),
	    CLOSES, BAD_NAME(V(dir), ABSENT, AT(how), sizeof(struct open_how))),
	ROW(open, GOOD("opens a file to read", AT(file_path), O_RDONLY), CLOSES,
	    BAD_NAME(AT(absent_path), O_RDONLY)),
	ROW(creat, GOOD("empties a file and opens it", AT(file_path), 0600), CLOSES,
	    BAD("a name that is a folder", EISDIR, AT(dir_path), 0600)),
	ROW(newfstatat, GOOD("asks for a file", V(dir), FILE_, AT(out)),
	    BAD_NAME(V(dir), ABSENT, AT(out))),
	ROW(statx, GOOD("asks for a file", V(dir), FILE_, 0, 0x7ff, AT(out)),
	    BAD_NAME(V(dir), ABSENT, 0, 0x7ff, AT(out))),
	ROW(stat, .trace = "newstat", GOOD("asks for a file", AT(file_path), AT(out)),
	    BAD_NAME(AT(absent_path), AT(out))),
	ROW(lstat, .trace = "newlstat", GOOD("asks for a file", AT(file_path), AT(out)),
	    BAD_NAME(AT(absent_path), AT(out))),
	ROW(access, GOOD("asks whether a file is there", AT(file_path)), BAD_NAME(AT(absent_path))),
	ROW(faccessat, GOOD("asks whether a file is there", V(dir), FILE_),
	    BAD_NAME(V(dir), ABSENT)),
	ROW(faccessat2, GOOD("asks whether a file is there", V(dir), FILE_),
	    BAD_NAME(V(dir), ABSENT)),
	ROW(readlink, GOOD("reads /proc/self", TEXT("/proc/self"), AT(out), SYSCALL_BUFFER),
	    BAD("a file that is no link", EINVAL, AT(file_path), AT(out), SYSCALL_BUFFER)),
	ROW(readlinkat,
	    GOOD("reads /proc/self", V(dir), TEXT("/proc/self"), AT(out), SYSCALL_BUFFER),
	    BAD("a file that is no link", EINVAL, V(dir), FILE_, AT(out), SYSCALL_BUFFER)),
	ROW(mkdir, GOOD("makes a folder", AT(made_path), 0700),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE, AT_REMOVEDIR)),
	    BAD("a name that is taken", EEXIST, AT(file_path), 0700)),
	ROW(mkdirat, GOOD("makes a folder", V(dir), MADE, 0700),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE, AT_REMOVEDIR)),
	    BAD("a name that is taken", EEXIST, V(dir), FILE_, 0700)),
	ROW(rmdir, BEFORE(CALL(mkdirat, V(dir), MADE, 0700)),
	    GOOD("removes a folder made for it", AT(made_path)), BAD_NAME(AT(absent_path))),
	ROW(unlink, BEFORE(CALL(mknodat, V(dir), MADE, S_IFREG | 0600)),
	    GOOD("removes a file made for it", AT(made_path)), BAD_NAME(AT(absent_path))),
	ROW(unlinkat, BEFORE(CALL(mknodat, V(dir), MADE, S_IFREG | 0600)),
	    GOOD("removes a file made for it", V(dir), MADE), BAD_NAME(V(dir), ABSENT)),
	ROW(mknod, GOOD("makes an empty file", AT(made_path), S_IFREG | 0600),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE)),
	    BAD("a name that is taken", EEXIST, AT(file_path), S_IFREG | 0600)),
	ROW(mknodat, GOOD("makes an empty file", V(dir), MADE, S_IFREG | 0600),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE)),
	    BAD("a name that is taken", EEXIST, V(dir), FILE_, S_IFREG | 0600)),
	ROW(rename, GOOD("renames a file", AT(file_path), AT(made_path)),
	    UNDO("renames it back", CALL(renameat2, V(dir), MADE, V(dir), FILE_)),
	    BAD_NAME(AT(absent_path), AT(made_path))),
	ROW(renameat, GOOD("renames a file", V(dir), FILE_, V(dir), MADE),
	    UNDO("renames it back", CALL(renameat2, V(dir), MADE, V(dir), FILE_)),
	    BAD_NAME(V(dir), ABSENT, V(dir), MADE)),
	ROW(renameat2, GOOD("renames a file", V(dir), FILE_, V(dir), MADE),
	    UNDO("renames it back", CALL(renameat2, V(dir), MADE, V(dir), FILE_)),
	    BAD_NAME(V(dir), ABSENT, V(dir), MADE)),
	ROW(link, GOOD("gives a file a second name", AT(file_path), AT(made_path)),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE)),
	    BAD_NAME(AT(absent_path), AT(made_path))),
	ROW(linkat, GOOD("gives a file a second name", V(dir), FILE_, V(dir), MADE),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE)),
	    BAD_NAME(V(dir), ABSENT, V(dir), MADE)),
	ROW(symlink, GOOD("makes a link", FILE_, AT(made_path)),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE)),
	    BAD("a name that is taken", EEXIST, ABSENT, AT(file_path))),
	ROW(symlinkat, GOOD("makes a link", FILE_, V(dir), MADE),
	    UNDO("removes it", CALL(unlinkat, V(dir), MADE)),
	    BAD("a name that is taken", EEXIST, ABSENT, V(dir), FILE_)),
	ROW(chmod, GOOD("gives a file the mode it has", AT(file_path), 0600),
	    BAD_NAME(AT(absent_path), 0600)),
	ROW(fchmodat, GOOD("gives a file the mode it has", V(dir), FILE_, 0600),
	    BAD_NAME(V(dir), ABSENT, 0600)),
	ROW(chown, GOOD("leaves a file to its owner", AT(file_path), MINUS(1), MINUS(1)),
	    BAD_NAME(AT(absent_path), MINUS(1), MINUS(1))),
	ROW(fchownat, GOOD("leaves a file to its owner", V(dir), FILE_, MINUS(1), MINUS(1)),
	    BAD_NAME(V(dir), ABSENT, MINUS(1), MINUS(1))),
	ROW(truncate, GOOD("cuts an empty file", AT(file_path), 0), BAD_NAME(AT(absent_path), 0)),
	ROW(utimensat, GOOD("gives a file the time of now", V(dir), FILE_),
	    BAD_NAME(V(dir), ABSENT)),
	ROW(utime, GOOD("gives a file the time of now", AT(file_path)), BAD_NAME(AT(absent_path))),
	ROW(statfs, GOOD("asks for the file system", AT(dir_path), AT(out)),
	    BAD_NAME(AT(absent_path), AT(out))),
	ROW(chdir, GOOD("stays where it is", TEXT(".")), BAD_NAME(AT(absent_path))),
	ROW(getcwd, GOOD("asks where it is", AT(out), SYSCALL_BUFFER),
	    BAD("no room for the answer", ERANGE, AT(out), 1)),
	ROW(execve, BAD("a program that is not there", ENOENT, AT(absent_path))),
	ROW(inotify_add_watch,
	    GOOD("watches its folder, again", V(inotify), AT(dir_path), IN_DELETE_SELF),
	    BAD_NAME(V(inotify), AT(absent_path), IN_DELETE_SELF)),

	/* Files by descriptor. */
	ROW(close, BEFORE(CALL(dup, V(null))), GOOD("closes a copy made for it", V(made_before[0])),
	    BAD_FD()),
	ROW(read, GOOD("reads 64 bytes of /dev/zero", V(zero), AT(out), 64), BAD_FD(AT(out), 64)),
	ROW(write, GOOD("writes 64 bytes to /dev/null", V(null), AT(in), 64), BAD_FD(AT(in), 64)),
	ROW(pread64, GOOD("reads 64 bytes of a file in memory", V(memory), AT(out), 64),
	    BAD("a place before the beginning", EINVAL, V(memory), AT(out), 64, MINUS(1))),
	ROW(pwrite64, GOOD("writes 64 bytes to a file in memory", V(memory), AT(in), 64),
	    BAD("a place before the beginning", EINVAL, V(memory), AT(in), 64, MINUS(1))),
	ROW(readv, GOOD("reads 64 bytes of /dev/zero", V(zero), AT(iov), 1), BAD_FD(AT(iov), 1)),
	ROW(writev, GOOD("writes 64 bytes to /dev/null", V(null), AT(iov), 1), BAD_FD(AT(iov), 1)),
	ROW(preadv, GOOD("reads 64 bytes of a file in memory", V(memory), AT(iov), 1),
	    BAD_FD(AT(iov), 1)),
	ROW(pwritev, GOOD("writes 64 bytes to a file in memory", V(memory), AT(iov), 1),
	    BAD_FD(AT(iov), 1)),
	ROW(lseek, GOOD("goes to the beginning of a file", V(memory), 0, SEEK_SET),
	    BAD("from nowhere", EINVAL, V(memory), 0, NONSENSE)),
	ROW(fstat, .trace = "newfstat", GOOD("asks for a file", V(memory), AT(out)),
	    BAD_FD(AT(out))),
	ROW(fstatfs, GOOD("asks for the file system", V(memory), AT(out)), BAD_FD(AT(out))),
	ROW(getdents64, GOOD("lists a folder", V(listing), AT(out), SYSCALL_BUFFER),
	    UNDO("rewinds it", CALL(lseek, V(listing), 0, SEEK_SET)),
	    BAD("a descriptor that is no folder", ENOTDIR, V(memory), AT(out), SYSCALL_BUFFER)),
	ROW(fchdir, GOOD("stays where it is", V(cwd)),
	    BAD("a descriptor that is no folder", ENOTDIR, V(memory))),
	ROW(fchmod, GOOD("gives a file the mode it has", V(memory), 0600), BAD_FD(0600)),
	ROW(fchown, GOOD("leaves a file to its owner", V(memory), MINUS(1), MINUS(1)),
	    BAD_FD(MINUS(1), MINUS(1))),
	ROW(ftruncate, GOOD("gives a file the length it has", V(memory), SYSCALL_BUFFER),
	    BAD("less than no length", EINVAL, V(memory), MINUS(1))),
	ROW(fallocate, GOOD("asks for the room a file has", V(memory), 0, 0, SYSCALL_BUFFER),
	    BAD("no room at all", EINVAL, V(memory), 0, 0, 0)),
	ROW(fsync, GOOD("a file in memory, which has nothing to write", V(memory)), BAD_FD()),
	ROW(fdatasync, GOOD("a file in memory, which has nothing to write", V(memory)), BAD_FD()),
	ROW(fadvise64, GOOD("gives no advice", V(memory), 0, 0, POSIX_FADV_NORMAL),
	    BAD("advice that is none", EINVAL, V(memory), 0, 0, NONSENSE)),
	ROW(flock, GOOD("takes back a lock that is not held", V(memory), LOCK_UN), BAD_FD(LOCK_UN)),
	ROW(fcntl, GOOD("asks for the flags", V(memory), F_GETFL), BAD_FD(F_GETFL)),
	ROW(ioctl, GOOD("asks how much a pipe holds", V(pipe[0]), FIONREAD, AT(out)),
	    BAD("a file that is no terminal", ENOTTY, V(memory), TCGETS, AT(out))),
	ROW(dup, GOOD("copies a descriptor", V(null)), CLOSES, BAD_FD()),
	ROW(dup2, GOOD("copies a descriptor onto another", V(null), V(spare)), BAD_FD(V(spare))),
	ROW(dup3, GOOD("copies a descriptor onto another", V(null), V(spare), O_CLOEXEC),
	    BAD("onto itself", EINVAL, V(null), V(null))),
	ROW(sendfile, .trace = "sendfile64",
	    GOOD("sends 64 bytes of a file to /dev/null", V(null), V(memory), 0, 64),
	    UNDO("rewinds it", CALL(lseek, V(memory), 0, SEEK_SET)), BAD_FD(V(memory), 0, 64)),
	ROW(close_range, GOOD("closes none", 0x7ffffff0, 0x7fffffff),
	    BAD("a range that ends before it begins", EINVAL, 2, 1)),
	ROW(umask, GOOD("sets the mask it has", V(mask))),

	/* New descriptors. */
	ROW(pipe, GOOD("makes a pipe", AT(made)),
	    UNDO("closes both ends", CALL(close, V(made[0])), CALL(close, V(made[1]))),
	    BAD("nowhere to put it", EFAULT, 0)),
	ROW(pipe2, GOOD("makes a pipe", AT(made), O_CLOEXEC),
	    UNDO("closes both ends", CALL(close, V(made[0])), CALL(close, V(made[1]))),
	    BAD("flags that are none", EINVAL, AT(made), NONSENSE)),
	ROW(memfd_create, GOOD("makes a file in memory", MADE, MFD_CLOEXEC), CLOSES,
	    BAD("flags that are none", EINVAL, MADE, 0xffff)),
	ROW(eventfd, GOOD("makes an event", 0), CLOSES),
	ROW(eventfd2, GOOD("makes an event", 0, EFD_CLOEXEC), CLOSES,
	    BAD("flags that are none", EINVAL, 0, NONSENSE)),
	ROW(signalfd, GOOD("waits for no signal", NO_FD, AT(signals), 8), CLOSES,
	    BAD("a set of another size", EINVAL, NO_FD, AT(signals), 3)),
	ROW(signalfd4, GOOD("waits for no signal", NO_FD, AT(signals), 8, SFD_CLOEXEC), CLOSES,
	    BAD("flags that are none", EINVAL, NO_FD, AT(signals), 8, NONSENSE)),
	ROW(timerfd_create, GOOD("makes a timer", CLOCK_MONOTONIC, TFD_CLOEXEC), CLOSES,
	    BAD("a clock that is none", EINVAL, NONSENSE, 0)),
	ROW(timerfd_settime, GOOD("stops a timer that does not run", V(timer), 0, AT(disarmed), 0),
	    BAD_FD(0, AT(disarmed), 0)),
	ROW(timerfd_gettime, GOOD("asks for a timer", V(timer), AT(out)), BAD_FD(AT(out))),
	ROW(epoll_create, GOOD("makes a set", 1), CLOSES, BAD("a size of none", EINVAL, 0)),
	ROW(epoll_create1, GOOD("makes a set", EPOLL_CLOEXEC), CLOSES,
	    BAD("flags that are none", EINVAL, NONSENSE)),
	ROW(epoll_ctl,
	    GOOD("changes nothing about what is in a set", V(epoll), EPOLL_CTL_MOD, V(event),
		 AT(watch)),
	    BAD("what is in the set already", EEXIST, V(epoll), EPOLL_CTL_ADD, V(event),
		AT(watch))),
	ROW(inotify_init, GOOD("makes a watch", 0), CLOSES),
	ROW(inotify_init1, GOOD("makes a watch", IN_CLOEXEC), CLOSES,
	    BAD("flags that are none", EINVAL, NONSENSE)),
	ROW(pidfd_open, GOOD("a handle of itself", V(pid), 0), CLOSES,
	    BAD("nobody's number", EINVAL, MINUS(1), 0)),

	/* Waiting. */
	ROW(poll, GOOD("looks once", AT(poll), 1, 0), BAD("nothing to look at", EFAULT, 0, 1, 0)),
	ROW(ppoll, GOOD("looks once", AT(poll), 1, AT(now), 0, 8),
	    BAD("a time that is none", EINVAL, AT(poll), 1, AT(wrong), 0, 8)),
	ROW(select, GOOD("looks once", 0, 0, 0, 0, AT(now)),
	    BAD("less than no descriptors", EINVAL, MINUS(1), 0, 0, 0, AT(now))),
	ROW(pselect6, GOOD("looks once", 0, 0, 0, 0, AT(now), 0),
	    BAD("a time that is none", EINVAL, 0, 0, 0, 0, AT(wrong), 0)),
	ROW(epoll_wait, GOOD("looks once", V(epoll), AT(out), 4, 0),
	    BAD("no room for the answer", EINVAL, V(epoll), AT(out), 0, 0)),
	ROW(epoll_pwait, GOOD("looks once", V(epoll), AT(out), 4, 0),
	    BAD("no room for the answer", EINVAL, V(epoll), AT(out), 0, 0)),
	ROW(nanosleep, GOOD("sleeps for no time", AT(now), 0),
	    BAD("a time that is none", EINVAL, AT(wrong), 0)),
	ROW(clock_nanosleep, GOOD("sleeps for no time", CLOCK_MONOTONIC, 0, AT(now), 0),
	    BAD("a time that is none", EINVAL, CLOCK_MONOTONIC, 0, AT(wrong), 0)),
	ROW(futex, GOOD("wakes nobody", AT(word), FUTEX_WAKE_PRIVATE, 1),
	    BAD("another value than is there", EAGAIN, AT(word), FUTEX_WAIT_PRIVATE, 1)),
	ROW(rt_sigtimedwait, BAD("no signal to wait for", EAGAIN, AT(signals), 0, AT(now), 8)),
	ROW(wait4, BAD("no child", ECHILD, MINUS(1), 0, WNOHANG, 0)),
	ROW(waitid, BAD("no child", ECHILD, P_ALL, 0, 0, WNOHANG | WEXITED, 0)),
	ROW(sched_yield, GOOD("lets others go first", 0)),

	/* Sockets of the Unix domain. */
	ROW(socket, GOOD("makes a Unix socket", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), CLOSES,
	    BAD("a family that is none", EAFNOSUPPORT, NONSENSE, SOCK_STREAM, 0)),
	ROW(socketpair,
	    GOOD("makes two Unix sockets", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, AT(made)),
	    UNDO("closes both", CALL(close, V(made[0])), CALL(close, V(made[1]))),
	    BAD("a family that is none", EAFNOSUPPORT, NONSENSE, SOCK_STREAM, 0, AT(made))),
	ROW(bind, BEFORE(CALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
	    GOOD("an address of the kernel's choice", V(made_before[0]), AT(bound),
		 sizeof(sa_family_t)),
	    UNDO("closes the socket", CALL(close, V(made_before[0]))),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), AT(bound),
		sizeof(sa_family_t))),
	ROW(listen, GOOD("a socket that listens", V(listener), 4),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), 4)),
	ROW(connect,
	    GOOD("a datagram socket to its own address", V(datagram), AT(home), V(home_length)),
	    BAD("an address that nobody has", ECONNREFUSED, V(datagram), AT(nobody),
		sizeof(struct sockaddr_un))),
	ROW(accept,
	    BEFORE(CALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		   CALL(connect, V(made_before[0]), AT(bound), V(bound_length))),
	    GOOD("takes a connection made for it", V(listener)),
	    UNDO("closes both ends", CALL(close, RESULT), CALL(close, V(made_before[0]))),
	    BAD("nobody waits", EAGAIN, V(listener))),
	ROW(accept4,
	    BEFORE(CALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		   CALL(connect, V(made_before[0]), AT(bound), V(bound_length))),
	    GOOD("takes a connection made for it", V(listener), 0, 0, SOCK_CLOEXEC),
	    UNDO("closes both ends", CALL(close, RESULT), CALL(close, V(made_before[0]))),
	    BAD("nobody waits", EAGAIN, V(listener), 0, 0, SOCK_CLOEXEC)),
	ROW(sendto, GOOD("sends 64 bytes", V(stream[0]), AT(in), 64),
	    UNDO("takes them out", CALL(read, V(stream[1]), AT(out), 64)), BAD_FD(AT(in), 64)),
	ROW(recvfrom, BEFORE(CALL(write, V(stream[0]), AT(in), 64)),
	    GOOD("takes 64 bytes sent for it", V(stream[1]), AT(out), 64),
	    BAD("nothing is there", EAGAIN, V(stream[1]), AT(out), 64, MSG_DONTWAIT)),
	ROW(sendmsg, GOOD("sends 64 bytes", V(stream[0]), AT(message)),
	    UNDO("takes them out", CALL(read, V(stream[1]), AT(out), 64)), BAD_FD(AT(message))),
	ROW(recvmsg, BEFORE(CALL(write, V(stream[0]), AT(in), 64)),
	    GOOD("takes 64 bytes sent for it", V(stream[1]), AT(message)),
	    BAD("nothing is there", EAGAIN, V(stream[1]), AT(message), MSG_DONTWAIT)),
	ROW(shutdown, BEFORE(CALL(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, AT(made))),
	    GOOD("ends a connection made for it", V(made[0]), SHUT_RDWR),
	    UNDO("closes both ends", CALL(close, V(made[0])), CALL(close, V(made[1]))),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), SHUT_RDWR)),
	ROW(getsockname, GOOD("asks for the address", V(listener), AT(out), AT(out[1024])),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), AT(out), AT(out[1024]))),
	ROW(getpeername, GOOD("asks for the other's address", V(stream[0]), AT(out), AT(out[1024])),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), AT(out), AT(out[1024]))),
	ROW(getsockopt,
	    GOOD("asks for the type", V(stream[0]), SOL_SOCKET, SO_TYPE, AT(out), AT(length)),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), SOL_SOCKET, SO_TYPE, AT(out),
		AT(length))),
	ROW(setsockopt,
	    GOOD("sets what is set", V(stream[0]), SOL_SOCKET, SO_KEEPALIVE, AT(word),
		 sizeof(uint32_t)),
	    BAD("a descriptor that is no socket", ENOTSOCK, V(memory), SOL_SOCKET, SO_KEEPALIVE,
		AT(word), sizeof(uint32_t))),

	/* Memory. */
	ROW(mmap, GOOD("maps a page", 0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, NO_FD),
	    UNDO("unmaps it", CALL(munmap, RESULT, 4096)),
	    BAD("an offset that is no page's", EINVAL, 0, 4096, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS, NO_FD, 1)),
	ROW(munmap, BEFORE(CALL(mmap, 0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, NO_FD)),
	    GOOD("unmaps a page mapped for it", V(made_before[0]), 4096),
	    BAD("an address that is no page's", EINVAL, 1, 4096)),
	ROW(mremap, BEFORE(CALL(mmap, 0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, NO_FD)),
	    GOOD("a page mapped for it to the size it has", V(made_before[0]), 4096, 4096),
	    UNDO("unmaps it", CALL(munmap, RESULT, 4096)),
	    BAD("an address that is no page's", EINVAL, 1, 4096, 4096)),
	ROW(brk, GOOD("asks where the break is", 0)),
	ROW(mprotect, GOOD("gives a page the rights it has", V(page), 4096, PROT_READ | PROT_WRITE),
	    BAD("an address that is no page's", EINVAL, 1, 4096, PROT_READ)),
	ROW(madvise, GOOD("gives no advice", V(page), 4096, MADV_NORMAL),
	    BAD("an address that is no page's", EINVAL, 1, 4096, MADV_NORMAL)),
	ROW(mincore, GOOD("asks for a page", V(page), 4096, AT(out)),
	    BAD("an address that is no page's", EINVAL, 1, 4096, AT(out))),
	ROW(msync, GOOD("a page that nothing has to be written of", V(page), 4096, MS_ASYNC),
	    BAD("an address that is no page's", EINVAL, 1, 4096, MS_ASYNC)),
	ROW(munlock, GOOD("a page that is not locked", V(page), 4096),
	    BAD("nothing that is mapped", ENOMEM, 4096, 4096)),
	ROW(membarrier, GOOD("asks what there is", MEMBARRIER_CMD_QUERY),
	    BAD("a command that is none", EINVAL, NONSENSE)),

	/* Who it is, and what it may. */
	ROW(getpid, GOOD("asks", 0)),
	ROW(getppid, GOOD("asks", 0)),
	ROW(gettid, GOOD("asks", 0)),
	ROW(getuid, GOOD("asks", 0)),
	ROW(geteuid, GOOD("asks", 0)),
	ROW(getgid, GOOD("asks", 0)),
	ROW(getegid, GOOD("asks", 0)),
	ROW(getpgrp, GOOD("asks", 0)),
	ROW(getpgid, GOOD("asks for itself", 0), BAD("nobody's number", ESRCH, NOBODY)),
	ROW(getsid, GOOD("asks for itself", 0), BAD("nobody's number", ESRCH, NOBODY)),
	ROW(getgroups, GOOD("asks how many", 0, 0), BAD("less than no room", EINVAL, MINUS(1), 0)),
	ROW(getrlimit, GOOD("asks for a limit", RLIMIT_NOFILE, AT(out)),
	    BAD("a limit that is none", EINVAL, NONSENSE, AT(out))),
	ROW(prlimit64, GOOD("asks for a limit", 0, RLIMIT_NOFILE, 0, AT(out)),
	    BAD("a limit that is none", EINVAL, 0, NONSENSE, 0, AT(out))),
	ROW(getrusage, GOOD("asks for itself", RUSAGE_SELF, AT(out)),
	    BAD("somebody that is none", EINVAL, NONSENSE, AT(out))),
	ROW(getpriority, GOOD("asks for itself", PRIO_PROCESS, 0),
	    BAD("a kind that is none", EINVAL, NONSENSE, 0)),
	ROW(sched_getaffinity, GOOD("asks for itself", 0, SYSCALL_BUFFER, AT(out)),
	    BAD("no room for the answer", EINVAL, 0, 0, AT(out))),
	ROW(sched_getparam, GOOD("asks for itself", 0, AT(out)),
	    BAD("nowhere to put it", EINVAL, 0, 0)),
	ROW(sched_getscheduler, GOOD("asks for itself", 0),
	    BAD("nobody's number", EINVAL, MINUS(1))),
	ROW(sched_get_priority_max, GOOD("asks for a class", SCHED_FIFO),
	    BAD("a class that is none", EINVAL, NONSENSE)),
	ROW(getcpu, GOOD("asks", AT(out), 0, 0), BAD("nowhere to put it", EFAULT, 1, 0, 0)),
	ROW(prctl, GOOD("asks whether it may be dumped", PR_GET_DUMPABLE),
	    BAD("an option that is none", EINVAL, NONSENSE)),
	ROW(arch_prctl, GOOD("asks for the thread's base", 0x1003, AT(out)),
	    BAD("a code that is none", EINVAL, NONSENSE, AT(out))),
	ROW(uname, .trace = "newuname", GOOD("asks", AT(out)), BAD("nowhere to put it", EFAULT, 0)),
	ROW(sysinfo, GOOD("asks", AT(out)), BAD("nowhere to put it", EFAULT, 0)),
	ROW(times, GOOD("asks", AT(out)), BAD("nowhere to put it", EFAULT, 1)),
	ROW(getrandom, GOOD("takes 16 bytes", AT(out), 16, 0),
	    BAD("flags that are none", EINVAL, AT(out), 16, NONSENSE)),

	/* Signals: none is sent. */
	ROW(kill, GOOD("asks whether it is there", V(pid), 0),
	    BAD("nobody's number", ESRCH, NOBODY, 0)),
	ROW(tkill, GOOD("asks whether it is there", V(tid), 0),
	    BAD("nobody's number", ESRCH, NOBODY, 0)),
	ROW(tgkill, GOOD("asks whether it is there", V(pid), V(tid), 0),
	    BAD("nobody's number", ESRCH, NOBODY, NOBODY, 0)),
	ROW(rt_sigaction, GOOD("asks what a signal does", SIGUSR1, 0, AT(out), 8),
	    BAD("a signal that is none", EINVAL, NONSENSE, 0, AT(out), 8)),
	ROW(rt_sigprocmask, GOOD("asks what is blocked", SIG_BLOCK, 0, AT(out), 8),
	    BAD("a set of another size", EINVAL, SIG_BLOCK, 0, AT(out), 3)),
	ROW(rt_sigpending, GOOD("asks what waits", AT(out), 8),
	    BAD("a set of another size", EINVAL, AT(out), 333)),
	ROW(sigaltstack, GOOD("asks where the stack is", 0, AT(out)),
	    BAD("nowhere to read it", EFAULT, 1, 0)),

	/* Clocks and timers. */
	ROW(clock_gettime, GOOD("asks", CLOCK_MONOTONIC, AT(out)),
	    BAD("a clock that is none", EINVAL, NONSENSE, AT(out))),
	ROW(clock_getres, GOOD("asks", CLOCK_MONOTONIC, AT(out)),
	    BAD("a clock that is none", EINVAL, NONSENSE, AT(out))),
	ROW(gettimeofday, GOOD("asks", AT(out), 0), BAD("nowhere to put it", EFAULT, 1, 0)),
	ROW(time, GOOD("asks", 0), BAD("nowhere to put it", EFAULT, 1)),
	ROW(alarm, GOOD("stops one that is not set", 0)),
	ROW(getitimer, GOOD("asks", ITIMER_REAL, AT(out)),
	    BAD("a timer that is none", EINVAL, NONSENSE, AT(out))),
};

_Static_assert(ARRAY_SIZE(syscall_rows) <= SYSCALL_ROWS_MAX, "raise SYSCALL_ROWS_MAX");

const size_t syscall_row_count = ARRAY_SIZE(syscall_rows);

const struct syscall_row *syscall_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(syscall_rows); i++)
		if (!strcmp(syscall_rows[i].name, name))
			return &syscall_rows[i];
	return NULL;
}

const char *syscall_trace_name(const struct syscall_row *row)
{
	return row->trace ? row->trace : row->name;
}

const struct syscall_row *syscall_find_traced(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(syscall_rows); i++)
		if (!strcmp(syscall_trace_name(&syscall_rows[i]), name))
			return &syscall_rows[i];
	return NULL;
}

const struct syscall_row *syscall_by_number(uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(syscall_rows); i++)
		if (syscall_rows[i].call == nr + 1)
			return &syscall_rows[i];
	return NULL;
}

const char *syscall_suggest(const char *word)
{
	const char *names[ARRAY_SIZE(syscall_rows)];

	for (size_t i = 0; i < ARRAY_SIZE(syscall_rows); i++)
		names[i] = syscall_rows[i].name;
	return suggest_nearest(word, names, ARRAY_SIZE(names));
}
