# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One non-recursive makefile. Products go under build/ only. `make help` lists the targets.
#
#   B=DIR       build directory (default build)      V=1        show commands
#   CC=clang    the other compiler                   CLANG=...  compiler of BPF objects
#   VMLINUX_BTF=FILE  kernel BTF to take vmlinux.h from (default: the running kernel's)

B	     ?= build
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
BPFARCH	:= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
# No path of this machine in an object: the same source is the same bytes in any work tree.
BPFFLAGS := -g -O2 -target bpf -D__TARGET_ARCH_$(BPFARCH) -I. -I$(B)/gen -Wall -Wextra -Werror \
	   -Wno-unused-parameter -fdebug-compilation-dir=.

# Every .c file of a folder belongs to the programs that may include that folder (docs/architecture.md).
# X_main.c files hold a main(); X_SRC are shared by programs and tests.
lib_SRC	      := $(wildcard lib/*.c)
workloads_SRC := $(filter-out %_main.c,$(wildcard workloads/*.c))
monitor_SRC   := $(filter-out %_main.c,$(wildcard monitor/*.c))
tool_SRC      := $(wildcard monitor/source/*.c monitor/view/*.c monitor/sink/*.c monitor/ui/*.c monitor/tool/*.c)
harness_SRC   := $(filter-out %_main.c harness/bench/%,$(wildcard harness/*.c harness/*/*.c))
honey_SRC     := $(filter-out %_main.c,$(wildcard honey/*.c))
vm_SRC	      := $(filter-out %_main.c vm/guest_%,$(wildcard vm/*.c))

beebench_SRC  := harness/beebench_main.c $(lib_SRC) $(workloads_SRC) $(monitor_SRC) $(harness_SRC) $(vm_SRC)
wl_SRC	      := workloads/wl_main.c $(lib_SRC) $(workloads_SRC)
honeyc_SRC    := honey/honeyc_main.c $(lib_SRC) $(honey_SRC)
memmon_SRC    := monitor/memmon_main.c $(lib_SRC) $(monitor_SRC) $(tool_SRC)
cpumon_SRC    := monitor/cpumon_main.c $(lib_SRC) $(monitor_SRC) $(tool_SRC)
memmon_LIBS   := -lncursesw -ltinfo -lbpf -lelf -lz -ljson-c -lm
cpumon_LIBS   := $(memmon_LIBS)
beebench_LIBS := -lbpf -lelf -lz -ljson-c -lm
bench_fast_SRC := $(wildcard harness/bench/*.c) $(lib_SRC) $(workloads_SRC) $(monitor_SRC) $(harness_SRC) $(vm_SRC)
bench_fast_LIBS := $(beebench_LIBS)
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

all: $(PROGRAMS:%=$(B)/%) $(B)/vm/guest-init $(B)/static/beebench $(bpf_OBJ) $(bt_OUT) $(gp_OUT) ## build everything (default)

.DELETE_ON_ERROR:
FORCE:
.SUFFIXES:
.PHONY: static test-vm all help deps bench bench-gate gate test check format headers includes shell clean unit

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- packages ---------------------------------------------------------------------------------------

STAMP := $(B)/.deps
deps: ## install the Debian packages that are missing (apt; needs root, or prints the command)
	@B=$(B) scripts/deps.sh

$(STAMP): scripts/deps.sh scripts/packages.txt
	@B=$(B) scripts/deps.sh

# --- programs ---------------------------------------------------------------------------------------

objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
sans = $(patsubst %.c,$(B)/san/%.o,$(1))

$(B)/obj/%.o: %.c | $(STAMP)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

$(B)/san/%.o: %.c | $(STAMP)
	$(call say,CC san,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer $(WARN) -MMD -MP -c -o $@ $<

define program
$(B)/$(1): $$(call objs,$$($(1)_SRC))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) -pthread $$(LDFLAGS) -o $$@ $$^ $$($(1)_LIBS)
endef
$(foreach p,$(PROGRAMS) bench_fast,$(eval $(call program,$(p))))
all: $(B)/bench_fast

# The monitors under the sanitizers, for scripts/soak.sh.
define sanitized
$(B)/san/$(1): $$(call sans,$$($(1)_SRC))
	$$(call say,LINK san,$$@)
	$$(Q)$$(CC) -pthread -fsanitize=address,undefined -o $$@ $$^ $$($(1)_LIBS)
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
	@sed -n 's/^const struct $(2) \([a-z0-9_]*\) = {.*/PLUGIN(\1)/p' $(3) /dev/null | sort > $$@.new
	@cmp -s $$@ $$@.new || { printf '  %-8s %s\n' GEN $$@; cp $$@.new $$@; }; rm -f $$@.new
endef
$(eval $(call plugin_list,workloads,workload_ops,$(workloads_SRC)))
$(eval $(call plugin_list,measures,measure_ops,$(wildcard harness/measures/*.c)))
$(eval $(call plugin_list,reporters,reporter_ops,$(wildcard harness/reporters/*.c)))
GEN_INC := $(foreach n,workloads measures reporters,$(B)/gen/$(n).inc)
$(call objs,$(workloads_SRC) $(harness_SRC)) $(call sans,$(workloads_SRC) $(harness_SRC)): | $(GEN_INC)

# --- BPF objects ------------------------------------------------------------------------------------

$(B)/gen/vmlinux.h: | $(STAMP)
	$(call say,BTF,$(VMLINUX_BTF))
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) btf dump file $(VMLINUX_BTF) format c > $@

$(B)/%.bpf.o: %.bpf.c $(B)/gen/vmlinux.h | $(STAMP)
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@ $<
	$(Q)llvm-strip -g $@

$(B)/bpf/%: bpf/%
	@mkdir -p $(@D)
	@cp $< $@

# What `beebench calibrate` injects: one manifest for all.
calib_MANIFESTS := $(patsubst bpf/%.bpf.c,$(B)/bpf/%.manifest.json,$(wildcard bpf/probes/calib-*.bpf.c))
all: $(calib_MANIFESTS)
$(B)/bpf/probes/calib-%.manifest.json: bpf/probes/calib.manifest.json
	@mkdir -p $(@D)
	@cp $< $@

# --- Honey ------------------------------------------------------------------------------------------

# X.ex beside X.bpf.c becomes X-honey.bpf.o, word for word, and X-honey-O.bpf.o, with every optimisation. Its
# warnings (what the seeds' text does on purpose) are tests/honey's business.
ex_SRC := $(wildcard bpf/*/*.ex)
ex_OBJ := $(ex_SRC:%.ex=$(B)/%-honey.bpf.o) $(ex_SRC:%.ex=$(B)/%-honey-O.bpf.o)

$(B)/%-honey.bpf.o: %.ex $(B)/honeyc
	$(call say,HONEY,$<)
	@mkdir -p $(@D)
	$(Q)CLANG="$(CLANG)" $(B)/honeyc -w -o $@ $<

$(B)/%-honey-O.bpf.o: %.ex $(B)/honeyc
	$(call say,HONEY -O,$<)
	@mkdir -p $(@D)
	$(Q)CLANG="$(CLANG)" $(B)/honeyc -w -O -o $@ $<

all: $(ex_OBJ)

honey_TOOLS := $(patsubst %.c,$(B)/%,$(wildcard tests/honey/*.c))
$(honey_TOOLS): $(B)/%: $(B)/obj/%.o
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lbpf -lelf -lz

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
	@cp $< $@

# --- the guest --------------------------------------------------------------------------------------

# Static: the guest has no libraries. libelf of newer Debians wants zstd. Few segments: the address space of
# the guest's program is what mmap is measured in (vm/guest_worker.h).
guest_SRC   := $(wildcard vm/guest_*.c) lib/strbuf.c lib/log.c
static_ZSTD := $(if $(wildcard /usr/lib/*/libzstd.a),-lzstd)

$(B)/vm/guest-init: $(call objs,$(guest_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -pthread -Wl,-z,noseparate-code,-z,norelro -o $@ $^ -lbpf -lelf -lz $(static_ZSTD)

# Position-independent: its addresses need all 64 bits in a guest too, where nothing is random, so that a monitor which
# cuts them is found out.
$(B)/static/beebench: $(call objs,$(beebench_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -static-pie -pthread -o $@ $^ $(beebench_LIBS) $(static_ZSTD)

static: $(B)/static/beebench ## beebench as one file without libraries, as the guest runs it

test-vm: all ## load and judge every monitor, hold Honey against C on Linux 6.1 and 6.12, in guests (no root)
	@B=$(B) VM_FULL=1 tests/run.sh vm

# --- tests ------------------------------------------------------------------------------------------

# A unit test links only what it names:  /* links: lib/stats.c workloads/[a-z]*.c */  in its first lines (one or more).
links = $(filter-out %_main.c,$(wildcard $(shell sed -n 's,^/\* links: \(.*\) \*/,\1,p' $(1))))
libs  = $(shell sed -n 's,^/\* libs: \(.*\) \*/,\1,p' $(1))
define unit
$(B)/tests/unit/$(1): $(B)/san/tests/unit/$(1).o $(call sans,$(call links,tests/unit/$(1).c))
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -pthread -fsanitize=address,undefined -o $$@ $$^ $(call libs,tests/unit/$(1).c) -lcmocka -lm
endef
$(foreach u,$(unit_SRC:tests/unit/%.c=%),$(eval $(call unit,$(u))))

# A test against the real kernel links the collector and the workloads, and what it names as above, without sanitizers.
define live
$(B)/tests/bpf/$(1): $(call objs,tests/bpf/$(1).c $(lib_SRC) $(workloads_SRC) $(monitor_SRC) $(call links,tests/bpf/$(1).c))
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -pthread -o $$@ $$^ -lcmocka -lbpf -lelf -lz -ljson-c -lm
endef
$(foreach t,$(live_SRC:tests/bpf/%.c=%),$(eval $(call live,$(t))))

# The screens of memmon and cpumon on frames that are made up (tests/ui/screen.c): what the scripts of tests/ui drive.
$(B)/tests/ui/screen: $(call sans,tests/ui/screen.c $(lib_SRC) monitor/frame.c $(wildcard monitor/view/*.c monitor/ui/*.c))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread -fsanitize=address,undefined -o $@ $^ -lncursesw -ltinfo -lm

$(B)/tests/ui/caller: $(call objs,tests/ui/caller.c)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^

unit: $(unit_BIN) ## build and run the unit tests alone (no root needed)
	@B=$(B) tests/run.sh unit

test: all $(unit_BIN) $(live_BIN) $(B)/tests/ui/screen $(B)/tests/ui/caller ## run all tests; the last line counts them (root: real BPF; else in guests what they can run)
	@B=$(B) tests/run.sh

bench: all ## the main job: verify, overhead, ring buffer, report; prints the run's folder last
	@B=$(B) MARGIN=1 scripts/bench_honey.sh
	@$(B)/beebench run $(BENCHFLAGS)

bench-fast: all ## what memmon_fast costs against the seeds' memmon, and that nothing is lost (root; SECONDS at 1 M events/s)
	@$(B)/bench_fast --seconds $(or $(SECONDS),60) $(BENCHFASTFLAGS)
.PHONY: bench-fast

$(B)/tests/bench/view_bench: $(call objs,tests/bench/view_bench.c $(wildcard monitor/view/*.c) monitor/frame.c $(lib_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lm

bench-view: $(B)/tests/bench/view_bench ## what ordering, filtering and judging a frame of 10,000 processes takes (PROCESSES)
	@$< $(PROCESSES)
.PHONY: bench-view

calibrate: all ## hold the figures against known costs (root, a quiet machine, 25 minutes); the folder is results/runs/calibrate
	@mkdir -p results/runs
	@$(B)/beebench calibrate --out results/runs/calibrate $(CALIBRATEFLAGS)
.PHONY: calibrate

gate: all ## is this build dearer than the merge base with main? (GATE_BASE=REV, GATEFLAGS)
	@base=$$(scripts/gate_base.sh) && $(B)/beebench gate --base "$$base" $(GATEFLAGS)

bench-gate: all ## the gate's time lane on equal objects and on one more map lookup (root; BUDGET seconds)
	@B=$(B) scripts/bench_gate.sh

check: format includes headers shell ## format, include rule, headers alone, shellcheck

format:
	@scripts/check_format.sh "$(CLANG_FORMAT)"
includes:
	@scripts/check_includes.sh
headers: | $(GEN_INC)
	@CC="$(CC)" CSTD="$(CSTD)" scripts/check_headers.sh
shell:
	@git ls-files -z '*.sh' '*.t' .ci/run completions | xargs -0 shellcheck -x

# --- install, package -------------------------------------------------------------------------------

include scripts/package.mk

clean: ## remove build/
	rm -rf $(B)

print-%:
	@echo '$*=$($*)'

-include $(shell find $(B) -path $(B)/elixir-new -prune -o -name '*.d' -print 2>/dev/null)
