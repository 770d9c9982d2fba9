# gatewayd, as shipped and under the sanitizers, and the tests' stand-in for controld; compiled in the tools tree. Sources and libraries: hv-core/Makefile.
IN_TOOLS ?= image/in-tools
BUILD ?= build

GATEWAY_INPUTS := $(wildcard hv-core/gateway/*.[ch] hv-core/filter/*.[ch]) hv-core/Makefile hv-core/flags.mk hv-core/gateway/gateway.mk

.PHONY: gateway
gateway: $(BUILD)/hv-core/release/gatewayd $(BUILD)/hv-core/asan/gatewayd $(BUILD)/hv-core/asan/attach-peer ## Build the gateway, for use and with sanitizers

# The directory's name is the variant.
GATEWAY_MAKE = $(IN_TOOLS) $(MAKE) -C hv-core --no-print-directory O=$(abspath $(@D)) VARIANT=$(notdir $(@D)) WERROR=-Werror CC=cc $(@F)

$(BUILD)/hv-core/release/gatewayd $(BUILD)/hv-core/asan/gatewayd: $(GATEWAY_INPUTS)
	$(GATEWAY_MAKE)

$(BUILD)/hv-core/asan/attach-peer: test/gateway/attach-peer.c $(GATEWAY_INPUTS)
	$(GATEWAY_MAKE)
