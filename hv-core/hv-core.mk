# hv-core and hv-compile, as shipped and under the sanitizers, compiled in the tools tree.
IN_TOOLS ?= image/in-tools
BUILD ?= build

HV_CORE_SOURCES := $(sort $(filter-out hv-core/compile.c,$(wildcard hv-core/*.c)))
HV_COMPILE_SOURCES := hv-core/compile.c hv-core/bytecode.c hv-core/sha256.c hv-core/utf8.c hv-core/value.c
HV_CORE_INPUTS := $(wildcard hv-core/*.h) hv-core/hv-core.mk

# Callbacks of the engine and the loop have a fixed shape and seldom need all of it.
HV_CORE_WARNINGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wformat=2 -Wstrict-prototypes -Wvla -Wno-unused-parameter
HV_CORE_release := -O2 -g -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=3 \
	-pie -Wl,-z,relro,-z,now,-z,noexecstack
HV_CORE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# The engine is linked in: its bytecode is bound to this very build of it.
HV_CORE_ENGINE := -L/usr/lib/x86_64-linux-gnu/quickjs -L/usr/lib/quickjs -l:libquickjs.a -lm
# One function of it is used, so it is linked in.
HV_CORE_NETTLE := -l:libnettle.a

.PHONY: hv-core
hv-core: $(foreach v,release asan,$(BUILD)/hv-core/$(v)/hv-core $(BUILD)/hv-core/$(v)/hv-compile) ## Build hv-core and its compiler, for use and with sanitizers

$(BUILD)/hv-core/%/hv-core: $(HV_CORE_SOURCES) $(HV_CORE_INPUTS)
	mkdir -p $(@D)
	$(IN_TOOLS) cc $(HV_CORE_WARNINGS) $(HV_CORE_$*) -o $@ $(HV_CORE_SOURCES) $(HV_CORE_ENGINE) $(HV_CORE_NETTLE) -lsqlite3 -largon2

$(BUILD)/hv-core/%/hv-compile: $(HV_COMPILE_SOURCES) $(HV_CORE_INPUTS)
	mkdir -p $(@D)
	$(IN_TOOLS) cc $(HV_CORE_WARNINGS) $(HV_CORE_$*) -o $@ $(HV_COMPILE_SOURCES) $(HV_CORE_ENGINE) $(HV_CORE_NETTLE)
