# Corbel: everything that can be built, tested and run. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

BUILD ?= build
BASE ?= debian
IN_TOOLS ?= image/in-tools
# Root is needed for chroot and loop-free image work only; everything else runs as the caller.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
NODE_MODULES := node_modules/.package-lock.json
VITEST := node_modules/.bin/vitest

include image/image.mk hv-core/hv-core.mk hv-core/gateway/gateway.mk control/control.mk test/test.mk

.PHONY: help
help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  %-12s %s\n", $$1, $$2 }'

# What the host must have: Node 20 is the user's, the rest comes from its package manager.
$(BUILD)/host-packages.stamp: image/host-packages
	@mkdir -p $(@D)
	image/install-host-packages $<
	touch $@

$(NODE_MODULES): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: deps
deps: $(BUILD)/host-packages.stamp $(NODE_MODULES) ## Install what the build needs (Debian packages, npm packages)

.PHONY: iso
iso: deps $(BUILD)/image/corbel.iso ## Build the ISO (BASE=debian)

.PHONY: check
check: $(NODE_MODULES) ## Static checks and unit tests, under a minute
	$(VITEST) run --project static --project unit --project node --project engine

.PHONY: test
test: iso guests hv-core gateway bundles ## Every test, the ones that boot the ISO included
	$(VITEST) run

.PHONY: clean
clean: ## Remove everything built, downloads and tools tree included
	$(SUDO) rm -rf --one-file-system -- $(BUILD) node_modules
