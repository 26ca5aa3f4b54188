# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One non-recursive makefile. Products go under build/ only. `make help` lists the targets.
#
#   B=DIR       build directory (default build)      V=1        show commands
#   CC=clang    the other compiler                   CLANG=...  compiler of BPF objects
#   VMLINUX_BTF=FILE  kernel BTF to take vmlinux.h from (default: the running kernel's)

B	     ?= build

# sudo make: what is made goes back to who called, so that an ordinary make, and make clean, can go on with it.
ifeq ($(shell id -u)-$(OWNED)-$(if $(SUDO_UID),sudo),0--sudo)
$(or $(MAKECMDGOALS),all): owned
	@:
owned:
	+@$(MAKE) --no-print-directory OWNED=1 $(MAKECMDGOALS); code=$$?; scripts/own.sh $(B) results; exit $$code
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
CSTD	:= -std=gnu11 -I. -I$(B)/gen -DBEEBENCH_VERSION='"$(VERSION)"' -pthread
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


beebench_SRC  := harness/command/beebench_main.c $(lib_SRC) $(workloads_SRC) $(collector_SRC) $(harness_SRC)
wl_SRC	      := workloads/wl_main.c $(lib_SRC) $(workloads_SRC)
honeyc_SRC    := honey/honeyc_main.c $(lib_SRC) $(honey_SRC)
memmon_SRC    := monitor/tool/memmon_main.c $(lib_SRC) $(collector_SRC) $(monitor_SRC)
cpumon_SRC    := monitor/tool/cpumon_main.c $(lib_SRC) $(collector_SRC) $(monitor_SRC)
monitor_LIBS  := -lncursesw -ltinfo -lmicrohttpd -lcap-ng -lpcre2-8
memmon_LIBS   := $(monitor_LIBS) -lbpf -lelf -lz -ljson-c -lm
cpumon_LIBS   := $(memmon_LIBS)
beebench_LIBS := -lbpf -lelf -lz -ljson-c -lm
wl_LIBS	      := -lm
honeyc_LIBS   := -lbpf -lelf -lz -ljson-c -lm

PROGRAMS := $(foreach p,beebench wl honeyc memmon cpumon,$(if $(wildcard $(firstword $($(p)_SRC))),$(p)))
bpf_SRC	 := $(wildcard bpf/*/*.bpf.c tests/bpf/*.bpf.c)
bpf_OBJ	 := $(bpf_SRC:%.bpf.c=$(B)/%.bpf.o)
bt_OUT	 := $(patsubst %,$(B)/%,$(wildcard bpf/*/*.bt bpf/*/*.manifest.json))

gp_OUT	 := $(patsubst %,$(B)/%,$(wildcard plots/*.gp))

unit_SRC := $(wildcard tests/unit/u_*.c)
unit_BIN := $(unit_SRC:tests/unit/%.c=$(B)/tests/unit/%)
live_SRC := $(wildcard tests/bpf/t_*.c)
live_BIN := $(live_SRC:tests/bpf/%.c=$(B)/tests/bpf/%)

all: $(PROGRAMS:%=$(B)/%) $(B)/vm/guest-init $(B)/vm/fetch_kernel.sh $(B)/static/beebench $(bpf_OBJ) $(bt_OUT) $(gp_OUT) ## build everything (default)

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
	$$(Q)$$(CC) -pthread $$(LDFLAGS) -o $$(aside) $$^ $$($(1)_LIBS) && $$(moved)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

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
GEN_INC := $(foreach n,workloads measures subjects reporters,$(B)/gen/$(n).inc)
$(call objs,$(workloads_SRC) $(harness_SRC)) $(call sans,$(workloads_SRC) $(harness_SRC)): | $(GEN_INC)

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

test-elixir: $(B)/honeyc ## honeyc beside the real Elixir: both parsers, mix format (installs Debian's elixir)
	@B=$(B) scripts/deps.sh scripts/packages-elixir.txt
	@scripts/elixir_new.sh $(abspath $(B))/elixir-new || echo "no current Elixir could be fetched: only Debian's is compared"
	@B=$(B) tests/run.sh honey/elixir
.PHONY: test-elixir

bench-honey: $(B)/honeyc ## from .ex to .bpf.o beside clang alone, and instructions of reading a line
	@B=$(B) CLANG="$(CLANG)" scripts/bench_honey.sh
.PHONY: bench-honey

$(B)/plots/%.gp: plots/%.gp
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)

# --- the guest --------------------------------------------------------------------------------------

# Static: the guest has no libraries. libelf of newer Debians wants zstd. Few segments: the address space of
# the guest's program is what mmap is measured in (harness/vm/guest/guest_worker.h).
guest_SRC   := $(wildcard harness/vm/guest/*.c) lib/procfs.c lib/strbuf.c lib/log.c lib/printable.c lib/utf8.c lib/preempt.c
static_ZSTD := $(if $(wildcard /usr/lib/*/libzstd.a),-lzstd)

$(B)/vm/guest-init: $(call objs,$(guest_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -pthread -Wl,-z,noseparate-code,-z,norelro -o $(aside) $^ -lbpf -lelf -lz $(static_ZSTD) && $(moved)

$(B)/vm/fetch_kernel.sh: scripts/fetch_kernel.sh
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)

# Position-independent: its addresses need all 64 bits in a guest too, where nothing is random, so that a monitor which
# cuts them is found out.
$(B)/static/beebench: $(call objs,$(beebench_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STATIC_PIE) -pthread -o $(aside) $^ $(beebench_LIBS) $(static_ZSTD) && $(moved)

static: $(B)/static/beebench ## beebench as one file without libraries, as the guest runs it

test-vm: all ## load and judge every monitor, hold Honey against C on Linux 6.1, 6.12 and 7.2, in guests (no root)
	@B=$(B) VM_FULL=1 tests/run.sh vm

linux7: all ## which ways of attaching a BPF program lose runs on Linux 6.1, 6.12 and 7.2, in guests (docs/linux7.md; no root)
	@B=$(B) scripts/linux7.sh $(KERNELS)
.PHONY: linux7

# --- tests ------------------------------------------------------------------------------------------

# A unit test takes what it calls, and what that calls, out of all that user space is made of, under the sanitizers; a
# test against the real kernel likewise, without them.
all_SRC	  := $(lib_SRC) $(workloads_SRC) $(collector_SRC) $(monitor_SRC) $(harness_SRC) $(honey_SRC)
all_LIBS  := $(monitor_LIBS) $(beebench_LIBS)

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

unit: $(unit_BIN) ## build and run the unit tests alone (no root needed)
	@B=$(B) tests/run.sh unit

test: all guests-here $(unit_BIN) $(live_BIN) $(B)/tests/ui/screen $(B)/tests/ui/caller ## run all tests; the last line counts them (root: real BPF; else in guests what they can run)
	@B=$(B) tests/run.sh

test-busy: all $(unit_BIN) $(live_BIN) $(B)/tests/ui/screen $(B)/tests/ui/caller ## the same beside eight compilers (BUSY), which no test may fail for; WORDS chooses as run.sh does
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

allocators: all ## what allocators and runtimes ask the kernel for, and what memmon shows of it: the tables of docs/allocators.md (SECONDS)
	@B=$(B) scripts/allocators.sh $(SECONDS)
.PHONY: allocators

calibrate: all ## hold the figures against known costs (root, a quiet machine, 25 minutes); the folder is results/runs/calibrate
	@mkdir -p results/runs
	@$(B)/beebench calibrate --out results/runs/calibrate $(CALIBRATEFLAGS)
.PHONY: calibrate

# What reads the history, or asks git which files are ours, says so where there is none.
NEEDS_GIT = git rev-parse --git-dir >/dev/null 2>&1 || { echo "beebench: error: 'make $@' needs a git checkout (git clone), and this tree is none" >&2; exit 2; }

gate: all ## is this build dearer than the merge base with main? (GATE_BASE=REV, GATEFLAGS)
	@$(NEEDS_GIT)
	@base=$$(scripts/gate_base.sh) && $(B)/beebench gate --base "$$base" --policy harness/gate/gate.json $(GATEFLAGS)

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

-include $(shell find $(B) -path $(B)/elixir-new -prune -o -name '*.d' -type f -print 2>/dev/null)
endif
