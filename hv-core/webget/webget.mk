# webget, as shipped and under the sanitizers; compiled in the tools tree. Sources and libraries: hv-core/Makefile.
WEBGET_INPUTS := $(wildcard hv-core/webget/*.[ch] hv-core/dial/*.[ch] hv-core/filter/*.[ch]) hv-core/Makefile hv-core/flags.mk hv-core/webget/webget.mk

.PHONY: webget
webget: $(BUILD)/hv-core/release/webget $(BUILD)/hv-core/asan/webget ## Build what gets files by HTTP, for use and with sanitizers

$(BUILD)/hv-core/release/webget $(BUILD)/hv-core/asan/webget: $(WEBGET_INPUTS)
	$(IN_TOOLS) $(MAKE) -C hv-core --no-print-directory O=$(abspath $(@D)) VARIANT=$(notdir $(@D)) WERROR=-Werror CC=cc $(@F)
