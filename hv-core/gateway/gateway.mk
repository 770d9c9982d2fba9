# gatewayd, as shipped and under the sanitizers, and the tests' stand-in for controld; compiled in the tools tree.
IN_TOOLS ?= image/in-tools
BUILD ?= build

GATEWAY_SOURCES := $(sort $(wildcard hv-core/gateway/*.c))
GATEWAY_INPUTS := $(GATEWAY_SOURCES) $(wildcard hv-core/gateway/*.h) hv-core/gateway/gateway.mk
GATEWAY_WARNINGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wformat=2 -Wstrict-prototypes -Wvla
GATEWAY_HARDENING := -O2 -g -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=3 -pie -Wl,-z,relro,-z,now,-z,noexecstack
GATEWAY_SANITIZERS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# llhttp is linked in: it is small, and nothing else in the image uses it.
GATEWAY_LIBRARIES := -lwebsockets -lssl -lcrypto -lseccomp -l:libllhttp.a

.PHONY: gateway
gateway: $(BUILD)/hv-core/release/gatewayd $(BUILD)/hv-core/asan/gatewayd $(BUILD)/hv-core/asan/attach-peer ## Build the gateway, for use and with sanitizers

$(BUILD)/hv-core/release/gatewayd: $(GATEWAY_INPUTS)
	mkdir -p $(@D)
	$(IN_TOOLS) cc $(GATEWAY_WARNINGS) $(GATEWAY_HARDENING) -o $@ $(GATEWAY_SOURCES) $(GATEWAY_LIBRARIES)

$(BUILD)/hv-core/asan/gatewayd: $(GATEWAY_INPUTS)
	mkdir -p $(@D)
	$(IN_TOOLS) cc $(GATEWAY_WARNINGS) $(GATEWAY_SANITIZERS) -o $@ $(GATEWAY_SOURCES) $(GATEWAY_LIBRARIES)

$(BUILD)/hv-core/asan/attach-peer: test/gateway/attach-peer.c hv-core/gateway/gateway.mk
	mkdir -p $(@D)
	$(IN_TOOLS) cc $(GATEWAY_WARNINGS) $(GATEWAY_SANITIZERS) -o $@ $<
