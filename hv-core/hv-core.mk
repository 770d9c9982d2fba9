# hv-core and hv-compile, as shipped and under the sanitizers, compiled in the tools tree. What they are made of is in hv-core/Makefile.
IN_TOOLS ?= image/in-tools
BUILD ?= build

HV_CORE_INPUTS := $(wildcard hv-core/*.c hv-core/*.h) hv-core/Makefile hv-core/flags.mk hv-core/hv-core.mk
# The directory's name is the variant. Two functions of nettle are used, so Debian's static library is linked in.
HV_CORE_MAKE = $(IN_TOOLS) $(MAKE) -C hv-core --no-print-directory O=$(abspath $(@D)) VARIANT=$(notdir $(@D)) WERROR=-Werror NETTLE=-l:libnettle.a CC=cc $(@F)

.PHONY: hv-core
hv-core: $(foreach v,release asan,$(BUILD)/hv-core/$(v)/hv-core $(BUILD)/hv-core/$(v)/hv-compile) ## Build hv-core and its compiler, for use and with sanitizers

$(foreach v,release asan,$(BUILD)/hv-core/$(v)/hv-core $(BUILD)/hv-core/$(v)/hv-compile): $(HV_CORE_INPUTS)
	$(HV_CORE_MAKE)
