# The tools tree, the base, the root image, the initramfs and the ISO; each is made again only when something that it is made of has changed.
# Needs from the other fragments: hv-core and gatewayd, the bundles, openapi.json. BUILD must be inside the repository.
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
BASE_STAMP := $(BUILD)/base/$(BASE)/.stamp
IMAGE := $(BUILD)/image
RELEASE := $(BUILD)/hv-core/release
BUNDLES := $(QJBS) $(BUILD)/control/openapi.json

ifeq ($(CORBEL_TOOLS),$(abspath $(BUILD)/tools))
$(TOOLS_STAMP): image/tools/packages image/tools/build | $(BUILD)/host-packages.stamp
	image/tools/build $(CORBEL_TOOLS)
endif

$(BASE_STAMP): $(shell find image/base -type f) $(wildcard image/lib/*) | $(TOOLS_STAMP) node_modules/.package-lock.json
	$(IN_TOOLS) image/base/$(BASE)/build $(@D)
	node_modules/.bin/esbuild image/base/check.ts --bundle --format=esm --platform=node --log-level=warning --outfile=$(BUILD)/base/check.mjs
	node $(BUILD)/base/check.mjs $(@D) || { rm -f $@; exit 1; }

$(IMAGE)/root.img: $(BASE_STAMP) $(shell find rootfs image/root -type f) $(RELEASE)/hv-core $(RELEASE)/gatewayd $(BUNDLES) package.json
	$(IN_TOOLS) image/root/build $(BUILD) $(BASE) $(VERSION)

$(IMAGE)/initrd: $(BASE_STAMP) $(wildcard image/initramfs/* image/lib/*)
	$(IN_TOOLS) image/initramfs/build $(BUILD) $(BASE)

$(IMAGE)/corbel.iso: $(IMAGE)/root.img $(IMAGE)/initrd $(wildcard image/iso/*)
	$(IN_TOOLS) image/iso/build $(BUILD) $(VERSION)

# Whatever is compiled is compiled in the tools tree.
$(foreach variant,release asan,$(patsubst %,$(BUILD)/hv-core/$(variant)/%,hv-core hv-compile gatewayd attach-peer)): | $(TOOLS_STAMP)

.PHONY: tools base root initrd
tools: $(TOOLS_STAMP) ## Make the tools tree (Debian 13, by mmdebstrap)
base: $(BASE_STAMP) ## Compose the base (BASE=debian)
root: $(IMAGE)/root.img ## Make the root image with its hash tree
initrd: $(IMAGE)/initrd ## Make the initramfs
