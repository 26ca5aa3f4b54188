# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How another processor is compiled for: the Makefile with PROCESSOR=NAME, as scripts/guests.mk calls it. Programs are cross-compiled
# with Debian's libraries of that processor (SYSROOT), objects with vmlinux.h of its kernel.

GUESTS_ALL := arm64 s390x
GUESTS := $(GUESTS_ALL)

arm64_GNU      := aarch64-linux-gnu
arm64_BPFARCH  := arm64
arm64_BPF      := bpfel
arm64_STATIC   := -static-pie
# Debian's cross libc has no rcrt1.o for it.
s390x_GNU      := s390x-linux-gnu
s390x_BPFARCH  := s390
s390x_BPF      := bpfeb
s390x_STATIC   := -static

ifneq ($(PROCESSOR),)
CC		:= $($(PROCESSOR)_GNU)-gcc -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$($(PROCESSOR)_GNU) \
		   -L$(SYSROOT)/usr/lib/$($(PROCESSOR)_GNU)
BPFARCH		:= $($(PROCESSOR)_BPFARCH)
BPFTARGET	:= $($(PROCESSOR)_BPF)
STATIC_PIE	:= $($(PROCESSOR)_STATIC)
STAMP		:= $(HOSTB)/.deps
# Of what is linked with shared libraries: they know their own by name.
LDFLAGS		:= -L$(SYSROOT)/lib/$($(PROCESSOR)_GNU) -Wl,-rpath-link,$(SYSROOT)/usr/lib/$($(PROCESSOR)_GNU) -Wl,-rpath-link,$(SYSROOT)/lib/$($(PROCESSOR)_GNU) -Wl,--allow-shlib-undefined
HONEYC		:= $(HOSTB)/honeyc
HONEYC_FLAGS	:= --processor $(PROCESSOR)
endif
