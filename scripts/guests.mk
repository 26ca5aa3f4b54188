# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a guest of another processor needs (docs/matrix.md), all below build/NAME/. Included by the Makefile, which is called again for it
# (scripts/cross.mk).

# The kernel whose BTF the objects are compiled with; they run on others as well (CO-RE).
GUEST_KERNEL := 6.12

$(GUESTS:%=guest-%): guest-%: $(B)/beebench $(B)/honeyc $(B)/vm/fetch_kernel.sh ## what a guest of another processor needs (installs cross compiler and emulator): guest-arm64, guest-s390x
	@B=$(B) scripts/deps.sh scripts/packages-processors.txt
	@mkdir -p $(B)/$*
	@[ -s $(B)/$*/btf ] || { kernel=$$($(B)/beebench vm -k $(GUEST_KERNEL)/$* --where) && \
		scripts/btf_of_kernel.sh "$$kernel" $(B)/$*/btf.$(TMPID) && mv $(B)/$*/btf.$(TMPID) $(B)/$*/btf; }
	@root=$$(scripts/sysroot.sh $*) && $(MAKE) --no-print-directory PROCESSOR=$* HOSTB=$(B) B=$(B)/$* SYSROOT="$$root" VMLINUX_BTF=$(B)/$*/btf guest

# Of the called make.
guest: $(B)/vm/guest-init $(B)/static/beebench $(filter $(B)/bpf/%,$(bpf_OBJ)) $(ex_OBJ) $(filter %.json,$(bt_OUT)) $(guest_TESTS)
guests: $(GUESTS:%=guest-%)
.PHONY: guest guests $(GUESTS:%=guest-%)
