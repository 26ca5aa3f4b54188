# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a guest of another processor needs (docs/matrix.md), all below build/NAME/. Included by the Makefile, which is called again for it
# (scripts/cross.mk).

# Monitors that are right on one processor alone: tests/vm/processors.t.
guest_TESTS := $(patsubst tests/%.bpf.c,$(B)/tests/%.bpf.o,$(wildcard tests/bpf/port_*.bpf.c))

# The kernel whose BTF the objects are compiled with; they run on others as well (CO-RE).
GUEST_KERNEL := 6.12

$(GUESTS:%=guest-%): guest-%: $(B)/beebench $(B)/honeyc $(B)/vm/fetch_kernel.sh ## what a guest of another processor needs (installs cross compiler and emulator): guest-arm64, guest-s390x
	$(if $(NODEPS),,@B=$(B) scripts/deps.sh scripts/packages-processors.txt)
	@mkdir -p $(B)/$*
	@[ -s $(B)/$*/btf ] || { kernel=$$($(B)/beebench vm -k $(GUEST_KERNEL)/$* --where) && \
		scripts/btf_of_kernel.sh "$$kernel" $(B)/$*/btf.$(TMPID) && mv $(B)/$*/btf.$(TMPID) $(B)/$*/btf; }
	@root=$$(scripts/sysroot.sh $*) && $(MAKE) --no-print-directory PROCESSOR=$* HOSTB=$(B) B=$(B)/$* SYSROOT="$$root" VMLINUX_BTF=$(B)/$*/btf guest

# Where the compiler and the emulator are there already, and nothing has to be installed.
guests-here: all
	@for g in $(foreach g,$(GUESTS),$(g):$($(g)_GNU)-gcc:qemu-system-$(firstword $(subst -, ,$($(g)_GNU)))); do \
		name=$${g%%:*}; tools=$${g#*:}; \
		if command -v "$${tools%%:*}" "$${tools##*:}" zstd >/dev/null; then \
			$(MAKE) --no-print-directory guest-$$name NODEPS=1 || echo "no guest of $$name: see above" >&2; \
		fi; \
	done

# Of the called make. No guest has memprof.
guest: $(B)/vm/guest-init $(B)/static/beebench $(filter-out $(B)/bpf/memprof/%,$(filter $(B)/bpf/%,$(bpf_OBJ))) $(ex_OBJ) $(B)/bpf/calls/events.btf $(filter %.json,$(bt_OUT)) $(guest_TESTS)
guests: $(GUESTS:%=guest-%)

# beebench, honeyc, memmon, cpumon and memprof for arm64, as a machine of that processor has them: compiled here, run by qemu-user with the
# libraries of that processor.
arm64-programs: $(B)/honeyc $(B)/beebench $(B)/memprof $(B)/tests/memprof/made guest-arm64 ## the programs and objects for arm64, cross-compiled, and honeyc's golden files under qemu-user
	@root=$$(scripts/sysroot.sh arm64 libncurses-dev libmicrohttpd-dev libcap-ng-dev libpcre2-dev libdw-dev libiberty-dev) && \
		$(MAKE) --no-print-directory PROCESSOR=arm64 HOSTB=$(B) B=$(B)/arm64 SYSROOT="$$root" VMLINUX_BTF=$(B)/arm64/btf programs && \
		B=$(B)/arm64 ROOT="$$root" scripts/arm64_programs.sh
programs: $(addprefix $(B)/,beebench honeyc memmon cpumon memprof libmemprof.so) $(bpf_OBJ)
.PHONY: arm64-programs programs

test-matrix: all guests arm64-programs ## the guests of other processors: every monitor on every kernel, five that are right on x86-64 alone, packed kernels (installs what it needs)
	@B=$(B) PROCESSORS_FULL=1 tests/run.sh vm/processors vm/matrix_cells vm/packed
.PHONY: test-matrix guests-here guest guests $(GUESTS:%=guest-%)
