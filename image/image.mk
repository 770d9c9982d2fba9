# The tools tree, the bases, and of each base the root image, the initramfs and the ISO; each is made again only when something that it is made of
# has changed. Needs from the other fragments: hv-core, gatewayd, tlsdial and webget, the bundles, openapi.json. BUILD must be inside the repository.
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
$(BUILD)/programs/debian/.stamp: $(RELEASE)/hv-core $(RELEASE)/gatewayd $(RELEASE)/tlsdial $(RELEASE)/webget $(QJBS) $(BUILD)/control/openapi.json
	@rm -rf $(@D)
	@mkdir -p $(@D)
	cp -p $^ $(@D)/
	@touch $@

# Of the same data on every base.
KEYMAPS := $(BUILD)/keymaps
$(KEYMAPS)/.stamp: $(wildcard image/keymaps/*) | $(TOOLS_STAMP)
	$(IN_TOOLS) image/keymaps/generate $(@D)
	@touch $@

# Public keys that updates have to be signed with one of.
KEYS := $(abspath $(BUILD)/keys)
UPDATE_KEY := $(or $(CORBEL_UPDATE_KEY),$(KEYS)/development.key)
export UPDATE_KEYS := $(KEYS)/trusted
$(KEYS)/.stamp: image/update/keys $(CORBEL_UPDATE_KEY) | $(TOOLS_STAMP)
	$(IN_TOOLS) image/update/keys $(@D)
	@touch $@

.SECONDEXPANSION:
ROOT_SOURCES := $(shell find rootfs image/root -type f) package.json
$(BUILD)/image/%/root.img: $(BUILD)/base/%/.stamp $$(call programs_of,$$*)/.stamp $(KEYMAPS)/.stamp $(KEYS)/.stamp $(ROOT_SOURCES)
	$(IN_TOOLS) image/root/build $(BUILD)/base/$* $(call programs_of,$*) $(KEYMAPS) $(@D) $(VERSION)

$(BUILD)/image/%/initrd: $(BUILD)/base/%/.stamp $(wildcard image/initramfs/* image/lib/*)
	$(IN_TOOLS) image/initramfs/build $(BUILD)/base/$* $(@D)

$(BUILD)/image/%/corbel.iso: $(BUILD)/image/%/root.img $(BUILD)/image/%/initrd $(wildcard image/iso/*)
	$(IN_TOOLS) image/iso/build $(@D) $(VERSION)

# Signed with own keys for UEFI: with those that CORBEL_SIGNING_KEY and CORBEL_SIGNING_CERT name (PEM), and for development with a pair made here, which is worth nothing.
BOOT_KEYS := $(BUILD)/boot-keys
SIGNING_KEY := $(or $(CORBEL_SIGNING_KEY),$(BOOT_KEYS)/key.pem)
SIGNING_CERT := $(or $(CORBEL_SIGNING_CERT),$(BOOT_KEYS)/cert.pem)
BOOT_KEYS_SEEN := $(sort $(dir $(abspath $(SIGNING_KEY) $(SIGNING_CERT))))

$(BOOT_KEYS)/key.pem $(BOOT_KEYS)/cert.pem &: image/boot-keys/development | $(TOOLS_STAMP)
	$(IN_TOOLS) image/boot-keys/development $(BOOT_KEYS)

# The variables of a firmware that has that certificate enrolled, and nothing else.
$(BOOT_KEYS)/uefi-variables.fd: $(SIGNING_CERT) image/boot-keys/enrol /usr/share/OVMF/OVMF_VARS_4M.fd
	cp /usr/share/OVMF/OVMF_VARS_4M.fd $@.empty
	CORBEL_SEEN="$(BOOT_KEYS_SEEN)" $(IN_TOOLS) image/boot-keys/enrol $(SIGNING_CERT) $@.empty $@
	rm $@.empty

$(BUILD)/image/%/corbel-signed.iso: $(BUILD)/image/%/root.img $(BUILD)/image/%/initrd $(SIGNING_KEY) $(SIGNING_CERT) $(wildcard image/iso/*)
	CORBEL_SEEN="$(BOOT_KEYS_SEEN)" $(IN_TOOLS) image/iso/build $(@D) $(VERSION) corbel-signed.iso $(SIGNING_KEY) $(SIGNING_CERT)

.PHONY: signed-iso
signed-iso: deps $(IMAGE)/corbel-signed.iso $(BOOT_KEYS)/uefi-variables.fd ## Build corbel-signed.iso, for UEFI Secure Boot with own keys (CORBEL_SIGNING_KEY, CORBEL_SIGNING_CERT)

# Whoever starts from it needs no medium for the seed. Made anew each time, as make cannot see what it is given; signed where there is a key of one's own.
.PHONY: seed-iso
seed-iso: iso ## Build corbel-seed.iso, which fetches its seed (SEED_URL, SEED_FINGERPRINT; see docs/seed.md)
	@[ -n "$(SEED_URL)" ] || { echo "seed-iso: say where the seed is: make seed-iso SEED_URL=https://files.example/{serial}.json" >&2; exit 64; }
	SEED_URL='$(SEED_URL)' SEED_FINGERPRINT='$(SEED_FINGERPRINT)' CORBEL_SEEN="$(BOOT_KEYS_SEEN)" \
	  $(IN_TOOLS) image/iso/build $(IMAGE) $(VERSION) corbel-seed.iso $(if $(CORBEL_SIGNING_KEY),$(SIGNING_KEY) $(SIGNING_CERT))

# An installed disk, sparse.
$(BUILD)/image/%/corbel-disk.raw: $(BUILD)/image/%/corbel.iso $(wildcard image/disk/*)
	$(IN_TOOLS) image/disk/build $< $@

.PHONY: disk
disk: deps $(IMAGE)/corbel-disk.raw ## Make corbel-disk.raw, an installed disk of 8 GiB for a virtual machine or to be written to a disk

# The image with a root shell on the second serial port: apart from the others in place and name, and published by nobody.
DEBUG_IMAGE := $(IMAGE)-debug
$(DEBUG_IMAGE)/root.img: $(BUILD)/base/$(BASE)/.stamp $(call programs_of,$(BASE))/.stamp $(KEYMAPS)/.stamp $(KEYS)/.stamp $(ROOT_SOURCES) $(wildcard image/debug/*)
	$(IN_TOOLS) image/root/build $(BUILD)/base/$(BASE) $(call programs_of,$(BASE)) $(KEYMAPS) $(@D) $(VERSION)-debug debug

$(DEBUG_IMAGE)/initrd: $(BUILD)/base/$(BASE)/.stamp $(wildcard image/initramfs/* image/lib/*)
	$(IN_TOOLS) image/initramfs/build $(BUILD)/base/$(BASE) $(@D)

$(DEBUG_IMAGE)/corbel-debug.iso: $(DEBUG_IMAGE)/root.img $(DEBUG_IMAGE)/initrd $(wildcard image/iso/*)
	$(IN_TOOLS) image/iso/build $(@D) $(VERSION)-debug corbel-debug.iso

.PHONY: debug-iso
debug-iso: deps $(DEBUG_IMAGE)/corbel-debug.iso ## Build corbel-debug.iso, with a root shell on the second serial port, for looking into it

# The same system with a later version's number, which is to say with another control plane and nothing else: for tests of what can take over while VMs run.
NEXT_IMAGE := $(IMAGE)-next
NEXT_VERSION := 99.0.0
$(NEXT_IMAGE)/root.img: $(BUILD)/base/$(BASE)/.stamp $(call programs_of,$(BASE))/.stamp $(KEYMAPS)/.stamp $(KEYS)/.stamp $(ROOT_SOURCES)
	$(IN_TOOLS) image/root/build $(BUILD)/base/$(BASE) $(call programs_of,$(BASE)) $(KEYMAPS) $(@D) $(NEXT_VERSION)

$(NEXT_IMAGE)/corbel.iso: $(NEXT_IMAGE)/root.img $(IMAGE)/initrd $(wildcard image/iso/*)
	cp -p $(IMAGE)/initrd $(@D)/initrd
	$(IN_TOOLS) image/iso/build $(@D) $(NEXT_VERSION)

.PHONY: next-iso
next-iso: deps $(NEXT_IMAGE)/corbel.iso ## Build the ISO of a later version that differs in nothing but its number, for tests

# What a host that is installed takes to become this release.
.PHONY: update
update: iso ## Build the update file of the release (CORBEL_UPDATE_KEY: the private key that signs it)
	$(IN_TOOLS) image/update/build $(IMAGE) corbel.iso $(UPDATE_KEY)

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
$(foreach variant,release asan,$(patsubst %,$(BUILD)/hv-core/$(variant)/%,hv-core hv-compile gatewayd tlsdial webget attach-peer)): | $(TOOLS_STAMP)

.PHONY: tools base root initrd reproducible
tools: $(TOOLS_STAMP) ## Make the tools tree (Debian 13, by mmdebstrap)
base: $(BUILD)/base/$(BASE)/.stamp ## Compose the base (BASE=debian, debian-own-kernel or buildroot)
root: $(IMAGE)/root.img ## Make the root image with its hash tree
initrd: $(IMAGE)/initrd ## Make the initramfs
reproducible: $(IMAGE)/corbel.iso ## Build root image, initramfs and ISO twice in different circumstances, and compare them
	$(IN_TOOLS) image/reproducible $(BUILD)/base/$(BASE) $(call programs_of,$(BASE)) $(KEYMAPS) $(BUILD)/reproducible $(VERSION)
