# The tools tree, the bases, and of each base the root image, the initramfs and the ISO; each is made again only when something that it is made of
# has changed. Needs from the other fragments: hv-core and gatewayd, the bundles, openapi.json. BUILD must be inside the repository.
BUILD ?= build
BASE ?= debian
IN_TOOLS ?= image/in-tools
# Another, ready tree can be named; it is then used as it is.
export CORBEL_TOOLS ?= $(abspath $(BUILD)/tools)

VERSION := $(shell sed -n 's/^ *"version": "\(.*\)",*$$/\1/p' package.json)
# All times in the image: those of the commit, or 0 where there is none.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH

TOOLS_STAMP := $(CORBEL_TOOLS)/.stamp
RELEASE := $(BUILD)/hv-core/release
BASES := $(notdir $(patsubst %/build,%,$(wildcard image/base/*/build)))
IMAGE := $(BUILD)/image/$(BASE)

ifeq ($(filter $(BASE),$(BASES)),)
$(error BASE=$(BASE): no such base; there are: $(BASES))
endif

ifeq ($(CORBEL_TOOLS),$(abspath $(BUILD)/tools))
$(TOOLS_STAMP): image/tools/packages image/tools/build | $(BUILD)/host-packages.stamp
	image/tools/build $(CORBEL_TOOLS)
endif

# What is common to all bases comes first; what one base is made of besides stands below, or in a base.mk of its own. Recipes run in the tools
# tree, but for those that enter it themselves.
HOST_BASES := buildroot
BASE_CHECK := $(BUILD)/base/check.mjs
$(BASE_CHECK): $(wildcard image/base/*.ts) $(NODE_MODULES)
	node_modules/.bin/esbuild image/base/check.ts --bundle --format=esm --platform=node --log-level=warning --outfile=$@

$(BUILD)/base/%/.stamp: $(BASE_CHECK) $(wildcard image/lib/*) | $(TOOLS_STAMP)
	$(if $(filter $*,$(HOST_BASES)),,$(IN_TOOLS)) image/base/$*/build $(@D)
	node $(BASE_CHECK) $(@D) || { rm -f $@; exit 1; }
$(foreach base,$(BASES),$(eval $(BUILD)/base/$(base)/.stamp: $(shell find image/base/$(base) -type f)))
$(BUILD)/base/debian-own-kernel/.stamp: $(BUILD)/base/debian/.stamp $(shell find buildroot-config/kernel -type f 2>/dev/null)
-include $(wildcard image/base/*/base.mk)

# Our programs for a base, in one directory: those compiled in the tools tree, unless the base brings a recipe for its own.
PROGRAMS_debian-own-kernel := debian
programs_of = $(BUILD)/programs/$(or $(PROGRAMS_$(1)),$(1))
$(BUILD)/programs/debian/.stamp: $(RELEASE)/hv-core $(RELEASE)/gatewayd $(QJBS) $(BUILD)/control/openapi.json
	@rm -rf $(@D)
	@mkdir -p $(@D)
	cp -p $^ $(@D)/
	@touch $@

.SECONDEXPANSION:
ROOT_SOURCES := $(shell find rootfs image/root -type f) package.json
$(BUILD)/image/%/root.img: $(BUILD)/base/%/.stamp $$(call programs_of,$$*)/.stamp $(ROOT_SOURCES)
	$(IN_TOOLS) image/root/build $(BUILD)/base/$* $(call programs_of,$*) $(@D) $(VERSION)

$(BUILD)/image/%/initrd: $(BUILD)/base/%/.stamp $(wildcard image/initramfs/* image/lib/*)
	$(IN_TOOLS) image/initramfs/build $(BUILD)/base/$* $(@D)

$(BUILD)/image/%/corbel.iso: $(BUILD)/image/%/root.img $(BUILD)/image/%/initrd $(wildcard image/iso/*)
	$(IN_TOOLS) image/iso/build $(@D) $(VERSION)

# What is published beside the ISO: every file of the root image, and every package with its licence and source.
$(BUILD)/image/%/files.txt: $(BUILD)/image/%/root.img image/inventory/files
	$(IN_TOOLS) image/inventory/files $(@D)

$(BUILD)/inventory/print.mjs: $(wildcard image/inventory/*.ts) $(NODE_MODULES)
	node_modules/.bin/esbuild image/inventory/print.ts --bundle --packages=external --format=esm --platform=node --log-level=warning --outfile=$@

$(BUILD)/image/%/corbel.cdx.json: $(BUILD)/image/%/root.img $(BUILD)/inventory/print.mjs
	node $(BUILD)/inventory/print.mjs $(@D) $(PROGRAMS)

# Nothing on the way to an ISO is thrown away.
.PRECIOUS: $(foreach base,$(BASES),$(BUILD)/base/$(base)/.stamp $(addprefix $(BUILD)/image/$(base)/,root.img initrd corbel.iso files.txt corbel.cdx.json))

# Whatever is compiled is compiled in the tools tree.
$(foreach variant,release asan,$(patsubst %,$(BUILD)/hv-core/$(variant)/%,hv-core hv-compile gatewayd attach-peer)): | $(TOOLS_STAMP)

.PHONY: tools base root initrd reproducible
tools: $(TOOLS_STAMP) ## Make the tools tree (Debian 13, by mmdebstrap)
base: $(BUILD)/base/$(BASE)/.stamp ## Compose the base (BASE=debian, debian-own-kernel or buildroot)
root: $(IMAGE)/root.img ## Make the root image with its hash tree
initrd: $(IMAGE)/initrd ## Make the initramfs
reproducible: $(IMAGE)/corbel.iso ## Build root image, initramfs and ISO twice in different circumstances, and compare them
	$(IN_TOOLS) image/reproducible $(BUILD)/base/$(BASE) $(call programs_of,$(BASE)) $(BUILD)/reproducible $(VERSION)
