# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Out of the build tree: install, Debian package, the figures that the manual pages show. Included by the Makefile.
#
#   PREFIX=DIR   where it is installed (default /usr/local)    DESTDIR=DIR   put before it (for packages)
#   GUESTS='arm64 s390x'   with what guests of these processors need (docs/matrix.md)

PREFIX ?= /usr/local

# What installed programs look for (lib/data.h): objects, manifests, scripts, pictures' plots, costs, the guest and who fetches its kernels.
INSTALL_DATA := $(filter $(B)/bpf/%,$(bpf_OBJ)) $(ex_OBJ) $(bt_OUT) $(calib_MANIFESTS) $(gp_OUT) $(B)/bpf/calls/events.btf $(B)/vm/guest-init $(B)/vm/fetch_kernel.sh \
	$(B)/static/beebench $(if $(wildcard monitor/costs.json),$(B)/costs.json) $(preload_LIB)
INSTALL_PROGRAMS := $(patsubst %,$(B)/%,$(filter-out wl,$(PROGRAMS)))

$(B)/costs.json: monitor/costs.json
	@mkdir -p $(@D)
	@cp $< $(aside) && $(moved)
all: $(if $(wildcard monitor/costs.json),$(B)/costs.json)

products: $(INSTALL_PROGRAMS) $(INSTALL_DATA) ## what is installed, without the tests' objects

# Guests of other processors only where somebody asks: compilers and emulators are 630 MB.
INSTALL_GUESTS := $(if $(filter command,$(origin GUESTS)),$(GUESTS))
ifneq ($(filter-out $(GUESTS_ALL),$(INSTALL_GUESTS)),)
$(error GUESTS: there is no guest of '$(filter-out $(GUESTS_ALL),$(INSTALL_GUESTS))'; choose from: $(GUESTS_ALL))
endif

# What of their builds goes along, when the recipe runs.
guest_FILES = $$(for g in $(INSTALL_GUESTS); do find $(B)/$$g/vm/guest-init $(B)/$$g/static/beebench $(B)/$$g/bpf -type f \
	\( -name '*.bpf.o' -o -name '*.json' -o -name '*.btf' -o ! -name '*.*' \); done)

install: products $(INSTALL_GUESTS:%=guest-%) ## install below PREFIX (default /usr/local), with DESTDIR before it; GUESTS='arm64 s390x' as well
	@B=$(B) DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" scripts/install.sh install $(INSTALL_PROGRAMS) -- $(INSTALL_DATA) \
		$(guest_FILES)

uninstall: ## remove what 'make install' put there (the same PREFIX and DESTDIR)
	@B=$(B) DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" scripts/install.sh uninstall $(INSTALL_PROGRAMS)

.PHONY: products install uninstall

deb: $(INSTALL_GUESTS:%=guest-%) ## build the Debian package below build/deb and look at it with lintian (apt installs the tools; the build needs no root); GUESTS='arm64 s390x': one for each as well
	@B=$(B) scripts/deps.sh
	@B=$(B) scripts/deps.sh scripts/packages-deb.txt
	@B=$(B) GUESTS="$(INSTALL_GUESTS)" scripts/deb.sh $(guest_FILES)
.PHONY: deb

# --- peers ------------------------------------------------------------------------------------------

peers_SRC := $(addprefix tests/bench/,crowd.c peers.c peers_main.c screen.c) $(lib_SRC)
$(B)/peers: $(call objs,$(peers_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) -pthread -o $(aside) $^ -lm && $(moved)
all: $(B)/peers

bench-peers: all ## memmon, top, htop, btop, atop beside 10,000 processes (PEERSFLAGS), what an event costs, then bench-rings
	@scripts/deps.sh scripts/packages-peers.txt
	@$(B)/peers $(PEERSFLAGS)
	@echo
	@$(MAKE) --no-print-directory bench-fast SECONDS=5 EACH=5 BENCHFASTFLAGS="$(BENCHFASTFLAGS)"
	@echo
	@$(MAKE) --no-print-directory bench-rings
.PHONY: bench-peers

# What cannot be had here (77) is said, and no failure.
bench-rings: all ## beebench ringbuf beside the ring benchmark of the kernel's selftests, which is fetched and built (root; ROUNDS, default 9)
	@scripts/deps.sh scripts/packages-peers.txt
	@B=$(B) scripts/bench_rings.sh $(ROUNDS) || [ $$? -eq 77 ]
.PHONY: bench-rings

bench-ratio: has-git all ## this build against an earlier commit (BASE), as ratios in one run: monitors beside a crowd, instructions, intervals
	@B=$(B) BASE=$(BASE) PROCESSES=$(PROCESSES) TIME=$(SECONDS) ROUNDS=$(ROUNDS) scripts/bench_ratio.sh
.PHONY: bench-ratio

# --- costs ------------------------------------------------------------------------------------------

# memmon_fast as memmon runs it until somebody looks at events: the switch is off from the start.
COUNTERS := $(B)/costs/memmon_fast-counters
$(COUNTERS).bpf.o: bpf/memmon/memmon_fast.bpf.c bpf/memmon/memmon_fast.manifest.json $(B)/gen/vmlinux.h
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)grep -q '^__u32 mem_events_on = 1;$$' $< || { echo "$<: no switch 'mem_events_on = 1'" >&2; exit 1; }
	$(Q)sed 's/^__u32 mem_events_on = 1;$$/__u32 mem_events_on = 0;/' $< > $(COUNTERS).bpf.c
	$(Q)$(CLANG) $(BPFFLAGS) -c -o $@ $(COUNTERS).bpf.c
	$(Q)llvm-strip -g $@
	$(Q)cp bpf/memmon/memmon_fast.manifest.json $(COUNTERS).manifest.json

costs: all $(COUNTERS).bpf.o ## measure what each monitor costs an event (root, a quiet machine, 4 minutes): monitor/costs.json, manual pages
	@B=$(B) COUNTERS=$(COUNTERS).bpf.o scripts/costs.sh
	@scripts/man_overhead.sh

man: ## fill the manual pages' OVERHEAD from monitor/costs.json
	@scripts/man_overhead.sh
.PHONY: costs man
