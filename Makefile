# Corbel: everything that can be built, tested and run. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

BUILD ?= build
BASE ?= debian
# Tests ask for it.
export BASE
IN_TOOLS ?= image/in-tools
NODE_MODULES := node_modules/.package-lock.json
VITEST := node_modules/.bin/vitest
# The first names the bundles that the second puts into the image.
PARTS := control/control.mk image/image.mk hv-core/hv-core.mk hv-core/gateway/gateway.mk hv-core/tlsdial/tlsdial.mk hv-core/webget/webget.mk test/test.mk

.PHONY: help
help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile $(PARTS) | sort | awk -F ':.*## ' '{ printf "  %-12s %s\n", $$1, $$2 }'

$(NODE_MODULES): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: check
check: $(NODE_MODULES) ## Static checks and unit tests, under a minute
	$(VITEST) run --project static --project unit --project node --project engine

ifeq ($(shell id -u),0)

include $(PARTS)

# What the host must have: Node 20 is the user's, the rest comes from its package manager.
$(BUILD)/host-packages.stamp: image/host-packages
	@mkdir -p $(@D)
	image/install-host-packages $<
	touch $@

.PHONY: deps
deps: $(BUILD)/host-packages.stamp $(NODE_MODULES) ## Install what the build needs (Debian packages, npm packages)

.PHONY: iso
iso: deps $(addprefix $(IMAGE)/,corbel.iso files.txt corbel.cdx.json) ## Build the ISO (BASE=debian, debian-own-kernel or buildroot)

.PHONY: test
test: iso signed-iso next-iso guests hv-core gateway tlsdial webget bundles ## Every test, and a sample of those that boot the ISO; e2e has all of these, test-kernel the release's kernel
	CORBEL_WITHOUT=own-kernel $(VITEST) run

.PHONY: clean
clean: ## Remove everything built, downloads and tools tree included
	rm -rf --one-file-system -- $(BUILD) node_modules

else

# The rest makes trees of root's (chroot, devices, owners of files), so all of it runs as root; the caller's PATH finds the caller's Node.
AS_ROOT := deps iso test clean $(shell grep -hE '^[a-z0-9-]+:.* [A-Z]' $(PARTS) | cut -d: -f1)
.PHONY: $(AS_ROOT)
$(AS_ROOT):
	@sudo env "PATH=$$PATH" "CI=$${CI:-}" $(MAKE) $@ $(MAKEOVERRIDES)

endif
