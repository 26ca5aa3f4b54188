# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One non-recursive makefile. Products go under build/ only. `make help` lists the targets.
#
#   B=DIR       build directory (default build)      V=1        show commands
#   CC=clang    the other compiler                   CLANG=...  compiler of BPF objects
#   VMLINUX_BTF=FILE  kernel BTF to take vmlinux.h from (default: the running kernel's)

B	     ?= build

# sudo make (su, doas): what is made goes back to whose tree it is, so that an ordinary make, and make clean, can go on with it; also
# after Ctrl-C, which the shell here gets too.
ifeq ($(OWNED)$(shell [ "$$(id -u)" -ne 0 ] || { o=$$(stat -c %u .); [ "$$o" -eq 0 ] || [ "$${SUDO_UID:-$$o}" != "$$o" ] || echo theirs; }),theirs)
$(or $(MAKECMDGOALS),all): owned
	@:
owned:
	+@trap : INT TERM HUP; $(MAKE) --no-print-directory OWNED=1 $(MAKECMDGOALS); code=$$?; scripts/own.sh $(B) results docs monitor; exit $$code
.PHONY: owned $(or $(MAKECMDGOALS),all)
else

CLANG	     ?= clang
BPFTOOL	     ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
CLANG_FORMAT ?= clang-format
VMLINUX_BTF  ?= /sys/kernel/btf/vmlinux
VERSION	     := 0.1.0

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' "$(1)" "$(2)"
endif

WARN	:= -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wundef -Wvla \
	   -Wmissing-field-initializers -Wno-missing-field-initializers
CFLAGS	?= -O2 -g
# Nobody asks for math's errno or traps: floor(), round() and sqrt() are instructions then, and what calls nothing else of libm is
# linked without it, which is 0.4 MiB of a monitor's RSS.
CSTD	:= -std=gnu11 -I. -I$(B)/gen -DBEEBENCH_VERSION='"$(VERSION)"' -pthread -fno-math-errno -fno-trapping-math \
	   -ffunction-sections -fdata-sections
# Of what all programs share, each is linked with what it calls, and with those libraries.
SPARE	:= -Wl,--gc-sections -Wl,--as-needed
BPFARCH	:= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/; s/s390x/s390/')
BPFTARGET := bpf
STATIC_PIE := -static-pie
STAMP	= $(B)/.deps
HONEYC	= $(B)/honeyc
HONEYC_FLAGS :=
# Another processor's compiler, objects and byte order: make guest-arm64.
include scripts/cross.mk
# No path of this machine in an object: the same source is the same bytes in any work tree.
BPFFLAGS := -g -O2 -target $(BPFTARGET) -D__TARGET_ARCH_$(BPFARCH) -I. -I$(B)/gen -Wall -Wextra -Werror \
	   -Wno-unused-parameter -fdebug-compilation-dir=.

# Every .c file of a folder belongs to the programs that may include that folder (docs/architecture.md).
# X_main.c files hold a main(); X_SRC are shared by programs and tests.
lib_SRC	      := $(wildcard lib/*.c)
workloads_SRC := $(filter-out %_main.c,$(wildcard workloads/*.c))
collector_SRC := $(wildcard collector/*.c)
monitor_SRC   := $(wildcard monitor/*.c) $(filter-out %_main.c,$(wildcard monitor/*/*.c))
harness_SRC   := $(filter-out %_main.c,$(wildcard harness/*.c harness/*/*.c))
honey_SRC     := $(filter-out %_main.c,$(wildcard honey/*.c))
# memprof/preload/ is the library, which shares nothing with the program but memprof/segment.h. Its unwinder is written for x86-64 and
# arm64: elsewhere it is not built, and memprof run says why.
preload_SRC   := $(wildcard memprof/preload/*.c)
preload_LIB    = $(if $(filter x86 arm64,$(BPFARCH)),$(B)/libmemprof.so)
# Of the preloaded library, what knows no malloc.
alone_SRC := $(if $(filter x86 arm64,$(BPFARCH)),$(addprefix memprof/preload/,unwind.c eh_frame.c poisson.c))
memprof_parts := $(filter-out %_main.c $(preload_SRC),$(wildcard memprof/*.c memprof/*/*.c))


beebench_SRC  := harness/command/beebench_main.c $(lib_SRC) $(workloads_SRC) $(collector_SRC) $(harness_SRC)
wl_SRC	      := workloads/wl_main.c $(lib_SRC) $(workloads_SRC)
honeyc_SRC    := honey/honeyc_main.c $(lib_SRC) $(honey_SRC)
# Statistics are what wants libm: the linker decides on libraries before it leaves out what nobody calls.
monitors_SRC  := $(filter-out lib/stats.c,$(lib_SRC)) $(collector_SRC) $(monitor_SRC)
memmon_SRC    := monitor/tool/memmon_main.c $(monitors_SRC)
cpumon_SRC    := monitor/tool/cpumon_main.c $(monitors_SRC)
monitor_LIBS  := -lncursesw -ltinfo -lcap-ng -lpcre2-8
memprof_SRC   := memprof/tool/memprof_main.c $(lib_SRC) $(collector_SRC) $(monitor_SRC) $(memprof_parts)
memmon_LIBS   := $(monitor_LIBS) -lbpf -lelf -lz -ljson-c -lm
cpumon_LIBS   := $(memmon_LIBS)
memprof_LIBS  := $(memmon_LIBS) -ldw -liberty
beebench_LIBS := -lbpf -lelf -lz -ljson-c -lsqlite3 -lm
wl_LIBS	      := -lm
honeyc_LIBS   := -lbpf -lelf -lz -ljson-c -lm

PROGRAMS := $(foreach p,beebench wl honeyc memmon cpumon memprof,$(if $(wildcard $(firstword $($(p)_SRC))),$(p)))
bpf_SRC	 := $(wildcard bpf/*/*.bpf.c tests/bpf/*.bpf.c)
bpf_OBJ	 := $(bpf_SRC:%.bpf.c=$(B)/%.bpf.o)
bt_OUT	 := $(patsubst %,$(B)/%,$(wildcard bpf/*/*.bt bpf/*/*.manifest.json))

gp_OUT	 := $(patsubst %,$(B)/%,$(wildcard plots/*.gp))

unit_SRC := $(filter-out $(if $(alone_SRC),,tests/unit/u_memprof_unwind.c),$(wildcard tests/unit/u_*.c))
unit_BIN := $(unit_SRC:tests/unit/%.c=$(B)/tests/unit/%)
live_SRC := $(wildcard tests/bpf/t_*.c)
live_BIN := $(live_SRC:tests/bpf/%.c=$(B)/tests/bpf/%)

all: $(PROGRAMS:%=$(B)/%) $(preload_LIB) $(B)/vm/guest-init $(B)/vm/fetch_kernel.sh $(B)/static/beebench $(bpf_OBJ) $(bt_OUT) $(gp_OUT) ## build everything (default)

.DELETE_ON_ERROR:
FORCE:
.SUFFIXES:
.PHONY: static test-vm all help deps bench bench-gate gate test check shape format headers includes pages shell clean unit

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- packages ---------------------------------------------------------------------------------------

deps: ## install the Debian packages that are missing (apt; needs root, or prints the command)
	@B=$(B) scripts/deps.sh

$(STAMP): scripts/deps.sh scripts/packages.txt
	@B=$(B) scripts/deps.sh

# Two makes at once, or one that is killed, leave no half of a file: what is made is written beside its place and renamed. The
# name has make's own process in it. `aside` is the place, `$(moved)` the end of the recipe.
aside = $@.$(TMPID)
TMPID := $(shell echo $$PPID)
moved = mv -f $(aside) $@

# --- programs ---------------------------------------------------------------------------------------

objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
sans = $(patsubst %.c,$(B)/san/%.o,$(1))

$(B)/obj/%.o: %.c | $(STAMP)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(CFLAGS) $(WARN) -MMD -MP -MT $@ -MF $(@:.o=.d).$(TMPID) -c -o $(aside) $<
	@mv -f $(@:.o=.d).$(TMPID) $(@:.o=.d) && $(moved)

$(B)/san/%.o: %.c | $(STAMP)
	$(call say,CC san,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer $(WARN) -MMD -MP -MT $@ -MF $(@:.o=.d).$(TMPID) -c -o $(aside) $<
	@mv -f $(@:.o=.d).$(TMPID) $(@:.o=.d) && $(moved)

define program
$(B)/$(1): $$(call objs,$$($(1)_SRC))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) -pthread $$(SPARE) $$(LDFLAGS) -o $$(aside) $$^ $$($(1)_LIBS) && $$(moved)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# The library that memprof preloads. Its counters are reached without a call (initial-exec), its calls
# without a stub (-fno-plt, bound at once): that is most of what a sampled malloc costs.
$(preload_SRC:%.c=$(B)/pic/%.o): $(B)/pic/%.o: %.c | $(STAMP)
	$(call say,CC pic,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(CFLAGS) $(WARN) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt \
		-fno-tree-vectorize -MMD -MP -MT $@ -MF $(@:.o=.d).$(TMPID) -c -o $(aside) $<
	@mv -f $(@:.o=.d).$(TMPID) $(@:.o=.d) && $(moved)

$(B)/libmemprof.so: $(preload_SRC:%.c=$(B)/pic/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) -shared -pthread -Wl,-z,now -Wl,-z,defs $(LDFLAGS) -o $(aside) $^ && $(moved)

# The monitors under the sanitizers, for scripts/soak.sh.
define sanitized
$(B)/san/$(1): $$(call sans,$$($(1)_SRC))
	$$(call say,LINK san,$$@)
	$$(Q)$$(CC) -pthread -fsanitize=address,undefined -o $$(aside) $$^ $$($(1)_LIBS) && $$(moved)
endef
$(foreach p,memmon cpumon,$(eval $(call sanitized,$(p))))

soak: all $(B)/san/memmon $(B)/san/cpumon ## both monitors beside process churn under the sanitizers, memory flat (root; SECONDS, default 600)
	@B=$(B) scripts/soak.sh $(SECONDS)
.PHONY: soak

# Plug-ins are found by name: `const struct workload_ops wl_mmap_ops = {` in workloads/ makes wl_mmap_ops
# a row of build/gen/workloads.inc. Adding a plug-in is adding one file.
define plugin_list
$(B)/gen/$(1).inc: FORCE
	@mkdir -p $$(@D)
	@sed -n 's/^const struct $(2) \([a-z0-9_]*\) = {.*/PLUGIN(\1)/p' $(3) /dev/null | sort > $$(aside)
	@cmp -s $$@ $$(aside) && rm -f $$(aside) || { printf '  %-8s %s\n' GEN $$@; $$(moved); }
endef
$(eval $(call plugin_list,workloads,workload_ops,$(workloads_SRC)))
$(eval $(call plugin_list,measures,measure_ops,$(harness_SRC)))
$(eval $(call plugin_list,subjects,subject_ops,$(wildcard harness/subjects/*.c)))
$(eval $(call plugin_list,reporters,reporter_ops,$(wildcard harness/reporters/*.c)))
$(eval $(call plugin_list,memprof_commands,memprof_command,$(memprof_parts)))
GEN_INC := $(foreach n,workloads measures subjects reporters memprof_commands,$(B)/gen/$(n).inc)
# The page of `memprof report --format html`, as a string of C.
$(B)/gen/flame_html.inc: memprof/report/flame.html
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	@sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $< > $(aside) && $(moved)
$(call objs,memprof/report/html.c) $(call sans,memprof/report/html.c): $(B)/gen/flame_html.inc

gen_SRC := $(workloads_SRC) $(harness_SRC) $(memprof_parts)
$(call objs,$(gen_SRC)) $(call sans,$(gen_SRC)): | $(GEN_INC)

# --- BPF objects ------------------------------------------------------------------------------------

$(B)/gen/vmlinux.h: | $(STAMP)
	$(call say,BTF,$(VMLINUX_BTF))
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) btf dump file $(VMLINUX_BTF) format c > $(aside) && $(moved)

$(B)/%.bpf.o: %.bpf.c $(B)/gen/vmlinux.h | $(STAMP)
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -MF $(@:.o=.d).$(TMPID) -MT $@ -c -o $(aside) $<
	$(Q)llvm-strip -g $(aside)
	@mv -f $(@:.o=.d).$(TMPID) $(@:.o=.d) && $(moved)

# Types for kernels without BTF (bpf/calls/events.bpf.h).
$(B)/bpf/calls/events.btf: bpf/calls/events.bpf.h $(B)/gen/vmlinux.h | $(STAMP)
	$(call say,BTF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -x c -c -o $(aside).o $<
	$(Q)llvm-objcopy --dump-section .BTF=$(aside) $(aside).o $(aside).none && rm -f $(aside).o $(aside).none && $(moved)
all: $(B)/bpf/calls/events.btf

$(B)/bpf/%: bpf/%
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)

# What `beebench calibrate` injects: one manifest for all.
calib_MANIFESTS := $(patsubst bpf/%.bpf.c,$(B)/bpf/%.manifest.json,$(wildcard bpf/probes/calib-*.bpf.c))
all: $(calib_MANIFESTS)
$(B)/bpf/probes/calib-%.manifest.json: bpf/probes/calib.manifest.json
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)

# --- Honey ------------------------------------------------------------------------------------------

# X.ex beside X.bpf.c becomes X-honey.bpf.o, word for word, and X-honey-O.bpf.o, with every optimisation. Its
# warnings (what the reference monitor's text does on purpose) are tests/honey's business.
ex_SRC := $(wildcard bpf/*/*.ex)
ex_OBJ := $(ex_SRC:%.ex=$(B)/%-honey.bpf.o) $(ex_SRC:%.ex=$(B)/%-honey-O.bpf.o)

$(B)/%-honey.bpf.o: %.ex $(HONEYC)
	$(call say,HONEY,$<)
	@mkdir -p $(@D)
	$(Q)CLANG="$(CLANG)" $(HONEYC) $(HONEYC_FLAGS) -w -o $(aside) $< && $(moved)

$(B)/%-honey-O.bpf.o: %.ex $(HONEYC)
	$(call say,HONEY -O,$<)
	@mkdir -p $(@D)
	$(Q)CLANG="$(CLANG)" $(HONEYC) $(HONEYC_FLAGS) -w -O -o $(aside) $< && $(moved)

all: $(ex_OBJ)

honey_TOOLS := $(patsubst %.c,$(B)/%,$(wildcard tests/honey/*.c))
$(honey_TOOLS): $(B)/%: $(B)/obj/%.o
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $(aside) $^ -lbpf -lelf -lz && $(moved)

all: $(honey_TOOLS)

FUZZ_SECONDS ?= 600
$(B)/fuzz/honey_fuzz: tests/honey/fuzz/honey_fuzz.c $(honey_SRC) $(lib_SRC) $(wildcard honey/*.h honey/*.def)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
		$(filter %.c,$^) $(honeyc_LIBS)

fuzz-honey: $(B)/fuzz/honey_fuzz ## feed honeyc's passes with mutated sources (FUZZ_SECONDS, default 600)
	@mkdir -p $(B)/fuzz/corpus $(B)/fuzz/found
	$(Q)ASAN_OPTIONS=detect_leaks=1 $< -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=2048 \
		-dict=tests/honey/fuzz/honey.dict -artifact_prefix=$(B)/fuzz/found/ -print_final_stats=1 \
		$(B)/fuzz/corpus tests/honey/ok tests/honey/err bpf/memmon bpf/cpumon
.PHONY: fuzz-honey

# Seeds: an input each, behind the letter of its reader.
$(B)/fuzz/collector_fuzz: tests/fuzz/collector_fuzz.c $(collector_SRC) $(lib_SRC) $(wildcard collector/*.h)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
		$(filter %.c,$^) $(beebench_LIBS)

fuzz-collector: $(B)/fuzz/collector_fuzz $(bpf_OBJ) ## feed the readers of manifests, objects and bpftrace's lines with mutated input (FUZZ_SECONDS)
	@mkdir -p $(B)/fuzz/collector $(B)/fuzz/found
	@for f in $(wildcard bpf/*/*.manifest.json); do { printf m; cat $$f; } >$(B)/fuzz/collector/m-$$(basename $$f); done
	@for f in $(B)/bpf/memmon/memmon.bpf.o $(B)/bpf/memmon/nop.bpf.o; do \
		[ ! -e $$f ] || { printf o; cat $$f; } >$(B)/fuzz/collector/o-$$(basename $$f); done
	@printf 'b{"type": "attached_probes", "count": 3, "data": {"probes": 3}}\n{"type": "map", "data": {"@n": {"7": "9007199254740993"}}}\n{"type": "hist", "data": {"@h": [{"max": -1, "count": 1}]}}\n{"type": "helper_error", "msg": "x", "helper": "map_update_elem", "retcode": -7}\n' \
		>$(B)/fuzz/collector/b-lines
	$(Q)ASAN_OPTIONS=detect_leaks=1 $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix=$(B)/fuzz/found/ -print_final_stats=1 $(B)/fuzz/collector
.PHONY: fuzz-collector

definition_SRC := $(wildcard harness/definition/*.c) $(lib_SRC)
$(B)/fuzz/definition_fuzz: tests/fuzz/definition_fuzz.c $(definition_SRC) $(wildcard harness/definition/*.h harness/definition/*.def)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -lm

fuzz-definition: $(B)/fuzz/definition_fuzz ## feed the language of definitions with mutated scripts, and run them (FUZZ_SECONDS)
	@mkdir -p $(B)/fuzz/definition $(B)/fuzz/found
	@for r in 0 1 2; do for f in $(wildcard tests/fixtures/definition/*.bt); do \
		{ printf "\\00$$r"; cat $$f; } >$(B)/fuzz/definition/$$r-$$(basename $$f); done; done
	$(Q)ASAN_OPTIONS=detect_leaks=1 $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
		-artifact_prefix=$(B)/fuzz/found/ -print_final_stats=1 $(B)/fuzz/definition
.PHONY: fuzz-definition

# The roofs are left out, but for the list of sub-commands' options that reports quote.
$(B)/fuzz/reader_fuzz: tests/fuzz/reader_fuzz.c $(filter-out %_main.c,$(beebench_SRC)) monitor/frame.c monitor/source/replay.c \
		$(wildcard monitor/recording/*.c monitor/view/*.c)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
		$(filter %.c,$^) -lpcre2-8 $(beebench_LIBS)

fuzz-readers: $(B)/fuzz/reader_fuzz ## feed the readers of run.json, policy, suite, queries and recordings with mutated input (FUZZ_SECONDS)
	@mkdir -p $(B)/fuzz/readers $(B)/fuzz/found
	@for f in tests/fixtures/runs/*/run.json; do { printf j; cat $$f; } >$(B)/fuzz/readers/j-$$(basename $$(dirname $$f)); done
	@for f in tests/fixtures/recordings/*.rec; do { printf r; cat $$f; } >$(B)/fuzz/readers/r-$$(basename $$f); done
	@{ printf p; cat gate.json 2>/dev/null || cat results/gate.json 2>/dev/null || printf '{"schema": 1}'; } >$(B)/fuzz/readers/p-gate
	@printf 's{"schema": 1, "build": "make", "suites": {"a": {"monitors": ["a.o"], "measures": ["verify"], "options": {"verify": "x=1"}}}}' >$(B)/fuzz/readers/s-suite
	@printf 'qrss > 1GiB and (name ~ ^postgres or not user = www) && pid != 7' >$(B)/fuzz/readers/q-query
	$(Q)ASAN_OPTIONS=detect_leaks=1 $< -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix=$(B)/fuzz/found/ -print_final_stats=1 $(B)/fuzz/readers
.PHONY: fuzz-readers

fuzz: ## all fuzzers, one after the other (FUZZ_SECONDS each)
	@$(MAKE) fuzz-honey
	@$(MAKE) fuzz-collector
	@$(MAKE) fuzz-readers
	@$(MAKE) fuzz-definition
	@$(MAKE) fuzz-memprof
	$(if $(alone_SRC),@$(MAKE) fuzz-preload)
.PHONY: fuzz
$(B)/fuzz/memprof_fuzz: tests/fuzz/memprof_fuzz.c memprof/profile.c memprof/profile_file.c $(wildcard memprof/report/[!c]*.c memprof/report/csv.c memprof/symbols/*.c) \
		$(filter-out %/batch.c %/metrics.c %/record.c %/serve.c,$(wildcard monitor/sink/*.c)) $(wildcard monitor/view/*.c) monitor/frame.c $(lib_SRC) \
		$(wildcard memprof/*.h memprof/*/*.h) $(B)/gen/flame_html.inc
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
		$(filter %.c,$^) -ldw -liberty -lpcre2-8 -lz -lm

# Seeds: the files that tests/memprof/made.c makes, each behind an 'f', and unpacked behind a 'p'.
fuzz-memprof: $(B)/fuzz/memprof_fuzz $(B)/tests/memprof/made ## feed the reader of profiles, and every form of a report, with mutated input (FUZZ_SECONDS)
	@mkdir -p $(B)/fuzz/memprof $(B)/fuzz/found
	@for k in small more sampled empty counts self; do $(B)/tests/memprof/made $$k $(B)/fuzz/made.prof && \
		{ printf f; cat $(B)/fuzz/made.prof; } >$(B)/fuzz/memprof/f-$$k && \
		{ printf p; tail -c +29 $(B)/fuzz/made.prof | { printf '\037\213\010\0\0\0\0\0\0\0'; tail -c +3; } | gzip -dc 2>/dev/null || true; } \
			>$(B)/fuzz/memprof/p-$$k; done
	$(Q)ASAN_OPTIONS=detect_leaks=1 $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
		-artifact_prefix=$(B)/fuzz/found/ -print_final_stats=1 $(B)/fuzz/memprof
.PHONY: fuzz-memprof

$(B)/fuzz/preload_fuzz: tests/fuzz/preload_fuzz.c $(alone_SRC) memprof/profile.c memprof/run/segment.c memprof/run/segment_profile.c $(lib_SRC) \
		$(wildcard memprof/*.h memprof/*/*.h)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)clang $(CSTD) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -lz -lm

# Seeds: an input for each reader is enough; the segment that patches are made to is in the program.
fuzz-preload: $(B)/fuzz/preload_fuzz $(B)/libmemprof.so ## feed the readers of .eh_frame and of segments with mutated input (FUZZ_SECONDS)
	@mkdir -p $(B)/fuzz/preload $(B)/fuzz/found
	@printf s >$(B)/fuzz/preload/s-none
	@for o in $(wildcard $(B)/pic/memprof/preload/[apt]*.o); do f=$(B)/fuzz/preload/u-$$(basename $$o); objcopy -O binary -j .eh_frame $$o $$f.frame; { printf 'u\0\0\0\0'; cat $$f.frame; } >$$f; rm -f $$f.frame; done
	$(Q)ASAN_OPTIONS=detect_leaks=1 $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
		-artifact_prefix=$(B)/fuzz/found/ -print_final_stats=1 $(B)/fuzz/preload
.PHONY: fuzz-preload

test-elixir: $(B)/honeyc ## honeyc beside the real Elixir: both parsers, mix format (installs Debian's elixir)
	@B=$(B) scripts/deps.sh scripts/packages-elixir.txt
	@scripts/elixir_new.sh $(abspath $(B))/elixir-new || echo "no current Elixir could be fetched: only Debian's is compared"
	@B=$(B) tests/run.sh honey/elixir
.PHONY: test-elixir

test-peers: all $(B)/tests/bpf/t_definition ## definitions and scripts beside the newest bpftrace of Debian's unstable suite, which is fetched (root)
	@scripts/bpftrace_new.sh $(abspath $(B))/bpftrace-new || echo "no newer bpftrace could be fetched: only the installed one is compared"
	@[ ! -x $(B)/bpftrace-new/usr/bin/bpftrace ] || \
		BPFTRACE="scripts/bpftrace_new.sh $(abspath $(B))/bpftrace-new" B=$(B) tests/run.sh bpf/t_definition
	@[ ! -x $(B)/bpftrace-new/usr/bin/bpftrace ] || { mkdir -p $(B)/bpftrace-new.bin && \
		printf '#!/bin/sh\nexec %s %s "$$@"\n' $(CURDIR)/scripts/bpftrace_new.sh $(abspath $(B))/bpftrace-new \
			>$(B)/bpftrace-new.bin/bpftrace && chmod +x $(B)/bpftrace-new.bin/bpftrace && \
		PATH=$(abspath $(B))/bpftrace-new.bin:$$PATH B=$(B) tests/run.sh cli/bpftrace; }
	@B=$(B) tests/run.sh bpf/t_definition
.PHONY: test-peers

bench-honey: $(B)/honeyc ## from .ex to .bpf.o beside clang alone, and instructions of reading a line
	@B=$(B) CLANG="$(CLANG)" scripts/bench_honey.sh
.PHONY: bench-honey

$(B)/plots/%.gp: plots/%.gp
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)

# --- the guest --------------------------------------------------------------------------------------

# Static: the guest has no libraries. libelf of newer Debians wants zstd. Few segments: the address space of
# the guest's program is what mmap is measured in (harness/vm/guest/guest_worker.h).
guest_SRC   := $(wildcard harness/vm/guest/*.c) workloads/syscall_rig.c workloads/syscall_table.c \
	$(addprefix lib/,procfs.c strbuf.c log.c printable.c utf8.c preempt.c suggest.c)
guest_WRAP  := -Wl,--wrap=btf__load_vmlinux_btf,--wrap=btf__free
static_ZSTD := $(if $(wildcard /usr/lib/*/libzstd.a),-lzstd)

$(B)/vm/guest-init: $(call objs,$(guest_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -pthread -Wl,-z,noseparate-code,-z,norelro $(guest_WRAP) -o $(aside) $^ -lbpf -lelf -lz $(static_ZSTD) && $(moved)

$(B)/vm/fetch_kernel.sh: scripts/fetch_kernel.sh
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)

# Position-independent: its addresses need all 64 bits in a guest too, where nothing is random, so that a monitor which
# cuts them is found out.
# SQLite could load extensions; nobody does.
comma := ,
static_QUIET := $(if $(shell $(CC) -Wl,--help 2>/dev/null | grep -- --no-warnings),-Wl$(comma)--no-warnings)

$(B)/static/beebench: $(call objs,$(beebench_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STATIC_PIE) -pthread $(static_QUIET) -o $(aside) $^ $(beebench_LIBS) $(static_ZSTD) && $(moved)

static: $(B)/static/beebench ## beebench as one file without libraries, as the guest runs it

test-vm: all ## load and judge every monitor, hold Honey against C on Linux 6.1, 6.12 and 7.2, in guests (no root)
	@B=$(B) VM_FULL=1 tests/run.sh vm

linux7: all ## which ways of attaching a BPF program lose runs on Linux 6.1, 6.12 and 7.2, in guests (docs/linux7.md; no root)
	@B=$(B) scripts/linux7.sh $(KERNELS)
.PHONY: linux7

# --- tests ------------------------------------------------------------------------------------------

# A unit test takes what it calls, and what that calls, out of all that user space is made of, under the sanitizers; a
# test against the real kernel likewise, without them.
all_SRC	  := $(alone_SRC) $(lib_SRC) $(workloads_SRC) $(collector_SRC) $(monitor_SRC) $(memprof_parts) $(harness_SRC) $(honey_SRC)
all_LIBS  := $(monitor_LIBS) -ldw -liberty $(beebench_LIBS)

$(B)/san/all.a: $(call sans,$(all_SRC))
	$(call say,AR,$@)
	@rm -f $(aside)
	$(Q)$(AR) rcs $(aside) $^ && $(moved)

$(B)/all.a: $(call objs,$(all_SRC))
	$(call say,AR,$@)
	@rm -f $(aside)
	$(Q)$(AR) rcs $(aside) $^ && $(moved)

$(unit_BIN): $(B)/tests/unit/%: $(B)/san/tests/unit/%.o $(B)/san/all.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread -fsanitize=address,undefined -o $(aside) $^ -lcmocka $(all_LIBS) && $(moved)

$(live_BIN): $(B)/tests/bpf/%: $(B)/obj/tests/bpf/%.o $(B)/all.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread -o $(aside) $^ -lcmocka $(all_LIBS) && $(moved)

# The screens of memmon and cpumon on frames that are made up (tests/ui/screen.c): what the scripts of tests/ui drive.
$(B)/tests/ui/screen: $(call sans,tests/ui/screen.c $(lib_SRC) monitor/frame.c $(wildcard monitor/view/*.c monitor/ui/*.c))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread -fsanitize=address,undefined -o $(aside) $^ -lncursesw -ltinfo -lpcre2-8 -lm && $(moved)

$(B)/tests/ui/caller: $(call objs,tests/ui/caller.c)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $(aside) $^ && $(moved)

# What memprof is tried on: programs whose every allocation is known.
allocating_BIN := $(patsubst tests/allocating/%.c,$(B)/tests/allocating/%,$(filter-out %/wrong_malloc.c,$(wildcard tests/allocating/*.c)))
$(B)/tests/allocating/%: tests/allocating/%.c tests/allocating/chunks.h lib/base.h | $(STAMP)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -I. -O2 -g -fno-builtin $(WARN) -pthread $(if $(filter odd,$*),$(if $(filter x86,$(BPFARCH)),-mavx2)) -o $(aside) $< && $(moved)
# What verify is tried on: a profiler that makes a mistake which is asked for.
$(B)/tests/allocating/wrong_malloc.so: tests/allocating/wrong_malloc.c lib/base.h | $(STAMP)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -I. -O2 -g -fno-builtin $(WARN) -fPIC -shared -o $(aside) $< && $(moved)
all: $(allocating_BIN) $(B)/tests/allocating/wrong_malloc.so

# Profiles that are made up, for the tests of `memprof report`.
$(B)/tests/memprof/made: $(call objs,tests/memprof/made.c memprof/profile.c memprof/profile_file.c $(lib_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $(aside) $^ -lz -lm && $(moved)

test-memprof-readers: $(B)/memprof $(B)/beebench $(B)/tests/memprof/made ## what memprof and beebench write, read by go tool pprof, chromium, speedscope, promtool, benchcmp (installs them)
	@B=$(B) scripts/deps.sh scripts/packages-readers.txt
	@command -v npm >/dev/null && npm install --prefix $(B)/readers --no-audit --no-fund --silent speedscope@1.25.0 || \
		echo "no npm, or it fetched nothing: speedscope is left out"
	@B=$(B) tests/run.sh memprof/readers cli/n42_readers
.PHONY: test-memprof-readers

test-watch: all $(B)/tests/unit/u_sink_metrics $(B)/tests/unit/u_sink_serve ## 50 memmon --serve, scraped by a real Prometheus for two minutes; rules, dashboard, unit, manifest (root; installs them)
	@B=$(B) scripts/deps.sh scripts/packages-watch.txt
	@B=$(B) WATCH_INSTANCES=50 WATCH_SECONDS=120 tests/run.sh unit/u_sink_metrics unit/u_sink_serve cli/n37_serve cli/watch cli/watch_many
.PHONY: test-watch

# GitHub's schema is in action-validator; gitlab-ci-local has GitLab's, and runs its jobs.
test-fleet: all ## cells on a real Slurm, GNU parallel, kubectl's and CI's own checks, then test-watch with a real Prometheus (root; installs them)
	@B=$(B) scripts/deps.sh scripts/packages-fleet.txt
	@command -v npm >/dev/null && npm install --prefix $(B)/fleet --no-audit --no-fund --silent @action-validator/cli@0.6.0 \
		@action-validator/core@0.6.0 gitlab-ci-local@4.60.1 || echo "no npm, or it fetched nothing: the schemas of GitHub and GitLab are left out"
	@B=$(B) FLEET_FULL=1 tests/run.sh cli/merge cli/fleet cli/fleet_engines cli/fleet_slurm
	@$(MAKE) --no-print-directory test-watch
.PHONY: test-fleet

scale: all ## what a cell, a run, its merge and a scrape cost, the figures of docs/scale.md (CELLS, default 1000 10000)
	@B=$(B) scripts/fleet_scale.sh $(CELLS)
.PHONY: scale

unit: $(unit_BIN) ## build and run the unit tests alone (no root needed)
	@B=$(B) tests/run.sh unit

test: all guests-here $(unit_BIN) $(live_BIN) $(B)/tests/ui/screen $(B)/tests/ui/caller $(B)/tests/memprof/made ## run all tests; the last line counts them (root: real BPF; else in guests what they can run)
	@B=$(B) tests/run.sh

test-busy: all $(unit_BIN) $(live_BIN) $(B)/tests/ui/screen $(B)/tests/ui/caller $(B)/tests/memprof/made ## the same beside eight compilers (BUSY), which no test may fail for; WORDS chooses as run.sh does
	@B=$(B) tests/busy.sh tests/run.sh $(WORDS)
.PHONY: test-busy

bench: all ## the main job: verify, overhead, ring buffer, report; prints the run's folder last
	@$(B)/beebench run $(BENCHFLAGS)
	@[ ! -s results/runs/latest/run.json ] || B=$(B) MARGIN=results/runs/latest/run.json scripts/bench_honey.sh >&2

bench-fast: all ## what memmon_fast costs against memmon, and that nothing is lost (root; SECONDS at 1 M events/s; EACH way of watching)
	@for how in collect=woken collect=timed collect=both collect=both,events=no producers=2,collect=between \
		producers=2,collect=between,events=no producers=2,collect=both; do \
		echo; echo "== beebench overhead -o $$how"; \
		$(B)/beebench overhead -q -m nop_exit,memmon,memmon_fast -e brk-ok,munmap-ok -t $(or $(EACH),15) \
			-o slowdown=no,sharp=no,above=nop_exit,$$how $(BENCHFASTFLAGS) || exit $$?; \
	done
	@$(B)/beebench ringbuf -q -m memmon_fast -o only=monitor,rounds=1,reader=both,rate=1000000 -t $(or $(SECONDS),60) $(BENCHFASTFLAGS)
	@$(B)/beebench ringbuf -q -m memmon_fast -o only=monitor,rounds=1,reader=stopped $(BENCHFASTFLAGS)
.PHONY: bench-fast

$(B)/tests/bench/view_bench: $(call objs,tests/bench/view_bench.c $(wildcard monitor/view/*.c) monitor/frame.c $(lib_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $(aside) $^ -lpcre2-8 -lm && $(moved)

bench-view: $(B)/tests/bench/view_bench ## what ordering, filtering and judging a frame of 10,000 processes takes (PROCESSES)
	@$< $(PROCESSES)
.PHONY: bench-view

$(B)/tests/bench/spent: $(call objs,tests/bench/spent.c)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $(aside) $^ && $(moved)

bench-memprof: $(B)/memprof $(B)/libmemprof.so $(allocating_BIN) $(B)/tests/bench/spent ## what memprof costs beside its peers, against its targets: pairs, programs, attached, the kernel (ROUNDS)
	@B=$(B) scripts/bench_memprof.sh $(ROUNDS)
.PHONY: bench-memprof

$(B)/tests/bench/unwind_peer.so: tests/bench/unwind_peer.c $(addprefix memprof/preload/,unwind.c eh_frame.c unwind.h eh_frame.h) lib/base.h
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) -O2 -g -fno-omit-frame-pointer -fPIC -shared -ftls-model=initial-exec -o $(aside) $(filter %.c,$^) -lunwind && $(moved)

bench-unwind: $(B)/tests/bench/unwind_peer.so $(B)/memprof $(B)/tests/allocating/odd ## memprof's unwinder beside libunwind, on the stacks of some ten programs (wants libunwind-dev)
	@B=$(B) scripts/bench_unwind.sh
.PHONY: bench-unwind

allocators: all ## what allocators and runtimes ask the kernel for, and what memmon shows of it: the tables of docs/allocators.md (SECONDS)
	@B=$(B) scripts/allocators.sh $(SECONDS)
.PHONY: allocators

calibrate: all ## hold the figures against known costs (root, a quiet machine, half an hour); the folder is results/runs/calibrate
	@mkdir -p results/runs
	@$(B)/beebench calibrate --out results/runs/calibrate $(CALIBRATEFLAGS)
.PHONY: calibrate

# What reads the history, or asks git which files are ours, says so where there is none.
NEEDS_GIT = scripts/git_here.sh "beebench: error: 'make $@'"

gate: ## is this build dearer than the merge base with main? (GATE_BASE=REV, GATEFLAGS)
	@$(NEEDS_GIT)
	@$(MAKE) --no-print-directory all
	@$(B)/beebench gate $(if $(GATE_BASE),--base "$(GATE_BASE)") --policy harness/gate/gate.json $(GATEFLAGS)

bench-gate: all ## the gate's time lane on equal objects and on one more map lookup (root; BUDGET seconds)
	@B=$(B) scripts/bench_gate.sh

has-git:
	@$(subst has-git,check,$(NEEDS_GIT))
.PHONY: has-git
format includes pages headers shell: | has-git

check: has-git format includes pages headers shell ## format, include rule, links and paths of the docs, headers alone, shellcheck

shape: ## how long files and functions are, what each folder holds, headers with one user, circles
	@scripts/shape.sh

format:
	@scripts/check_format.sh "$(CLANG_FORMAT)"
includes:
	@scripts/check_includes.sh
pages:
	@scripts/check_docs.sh
headers: | $(GEN_INC)
	@CC="$(CC)" CSTD="$(CSTD)" scripts/check_headers.sh
shell:
	@files=$$(scripts/tracked.sh '*.sh' '*.t' .ci/run docs/completions) && echo "$$files" | xargs shellcheck -x

# --- install, package -------------------------------------------------------------------------------

include scripts/package.mk
include scripts/guests.mk

clean: ## remove build/
	rm -rf $(B)

print-%:
	@echo '$*=$($*)'

-include $(shell find $(B) \( -path $(B)/elixir-new -o -path $(B)/bpftrace-new \) -prune -o -name '*.d' -type f -print 2>/dev/null)
endif
