# tlsdial, as shipped and under the sanitizers; compiled in the tools tree. Sources and libraries: hv-core/Makefile.
TLSDIAL_INPUTS := $(wildcard hv-core/tlsdial/*.[ch] hv-core/dial/*.[ch] hv-core/filter/*.[ch]) hv-core/Makefile hv-core/flags.mk hv-core/tlsdial/tlsdial.mk

.PHONY: tlsdial
tlsdial: $(BUILD)/hv-core/release/tlsdial $(BUILD)/hv-core/asan/tlsdial ## Build what dials by TLS, for use and with sanitizers

$(BUILD)/hv-core/release/tlsdial $(BUILD)/hv-core/asan/tlsdial: $(TLSDIAL_INPUTS)
	$(IN_TOOLS) $(MAKE) -C hv-core --no-print-directory O=$(abspath $(@D)) VARIANT=$(notdir $(@D)) WERROR=-Werror CC=cc $(@F)
