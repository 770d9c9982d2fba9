# What the quick base with the release's kernel is made of besides the recipe: the kernel's own recipe, and the checker that buildroot/base.mk bundles.
$(BUILD)/base/debian-own-kernel/.stamp: $(BASE_CHECK) $(BUILD)/base/kernel-check.mjs image/kernel/build | $(TOOLS_STAMP)
	$(IN_TOOLS) image/base/debian-own-kernel/build $(@D)
	node $(BASE_CHECK) $(@D) || { rm -f $@; exit 1; }
	node $(BUILD)/base/kernel-check.mjs $(@D)/kernel.config buildroot-config/kernel/hardening.txt buildroot-config/kernel/*.config || { rm -f $@; exit 1; }
