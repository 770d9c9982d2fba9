# Booting what was built: guest media, the demo, the boot tests, the figures.
GUESTS := $(BUILD)/guests
HARNESS_SOURCES := $(wildcard test/harness/*.ts test/bench/*.ts)
# An ISO given by its path is taken as it is; what was built with it lies beside it.
ISO_TO_BUILD := $(if $(ISO),,iso)
# Nor has a ready ISO a debug image.
DEBUG_TO_BUILD := $(if $(ISO),,debug-iso)
# Nor a signed one beside it.
SIGNED_TO_BUILD := $(if $(ISO),,signed-iso next-iso)
ISO ?= $(IMAGE)/corbel.iso

# The recipes know by hash what is still good, so they are asked each time.
.PHONY: guests
guests: deps tools $(GUESTS)/attack.qjb ## Make the media of the guests that tests and `make run` boot
	@test/guests/build $(GUESTS) $(IN_TOOLS)

# Runs inside the appliance, by the appliance's hv-core.
$(GUESTS)/attack.qjb: test/in-hv-core/attack.ts $(BUILD)/hv-core/release/hv-compile $(NODE_MODULES)
	@mkdir -p $(@D)
	$(ESBUILD) $< --bundle --format=esm --target=es2023 --external:hv:* --log-level=warning --outfile=$(@:.qjb=.js)
	$(IN_TOOLS) $(BUILD)/hv-core/release/hv-compile $(@:.qjb=.js) $@ attack

# Bundles for Node: the same harness as in the tests.
$(BUILD)/harness/%.mjs: test/harness/%.ts $(HARNESS_SOURCES) $(NODE_MODULES)
	@mkdir -p $(@D)
	$(ESBUILD) $< --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile=$@ $(NODE_BUNDLE)
$(BUILD)/harness/%.mjs: test/bench/%.ts $(HARNESS_SOURCES) $(CONTROL_SOURCES) $(NODE_MODULES)
	@mkdir -p $(@D)
	$(ESBUILD) $< --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile=$@ $(NODE_BUNDLE)
# ws is CommonJS and asks for Node's modules by require; esbuild is a program beside its script.
NODE_BUNDLE := --external:esbuild --banner:js="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

.PHONY: run
run: $(ISO_TO_BUILD) guests $(BUILD)/harness/run.mjs ## Boot the ISO in QEMU and have it run a VM
	@node $(BUILD)/harness/run.mjs --iso $(ISO)

.PHONY: e2e
e2e: $(ISO_TO_BUILD) $(DEBUG_TO_BUILD) $(SIGNED_TO_BUILD) guests ## Every boot test, of BASE=… or ISO=path; `make test` has a part of them
	CORBEL_WITHOUT="own-kernel $(if $(DEBUG_TO_BUILD),,debug-image own-keys live-update)" CORBEL_E2E=1 CORBEL_ISO=$(ISO) $(VITEST) run --project boot --project boot-vms

# The kernel is compiled once and kept by the hash of its configuration.
.PHONY: kernel-iso test-kernel
kernel-iso: $(BUILD)/image/debian-own-kernel/corbel.iso
test-kernel: kernel-iso guests ## Boot the quick base with the release's kernel
	$(VITEST) run --project boot test/boot/own-kernel.test.ts

.PHONY: campaign
HISTORIES ?= 100000
CUTS ?= 200
campaign: iso guests ## Hours: random histories (HISTORIES more), measurements on hosts, installations, changes of the network, power cuts (CUTS); PART=power-cuts for that alone; goes on where it was interrupted
	CORBEL_CAMPAIGN=$(HISTORIES) CORBEL_CUTS=$(CUTS) $(VITEST) run --project campaign $(PART)

.PHONY: bench
bench: $(ISO_TO_BUILD) guests hv-core $(BUILD)/harness/bench.mjs ## Measure a booted appliance and the planner: table, and build/bench.json; PART=many-vms, planner, guest-cpu or installed for that alone
	@CORBEL_ISO=$(ISO) node $(BUILD)/harness/bench.mjs $(PART)
