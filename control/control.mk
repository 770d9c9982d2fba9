# The TypeScript programs: bundled by esbuild, compiled to bytecode by the engine that will run them.
PROGRAMS := setup logd controld gateway-launch management-dhcp-launch nat-dhcp-launch chrony-launch dcui receive medium-read medium-write install slots guard
CLI_SOURCES := $(shell find control/src/cli -name '*.ts' 2>/dev/null)
CONTROL_SOURCES := $(filter-out $(CLI_SOURCES),$(shell find control/src -name '*.ts' 2>/dev/null))
ESBUILD := node_modules/.bin/esbuild
QJBS := $(PROGRAMS:%=$(BUILD)/control/%.qjb)

$(BUILD)/control/%.js: control/src/main/%.ts $(CONTROL_SOURCES) $(NODE_MODULES)
	@mkdir -p $(@D)
	$(ESBUILD) $< --bundle --format=esm --target=es2023 --external:hv:* --log-level=warning --outfile=$@

$(BUILD)/control/%.qjb: $(BUILD)/control/%.js $(BUILD)/hv-core/release/hv-compile
	$(IN_TOOLS) $(BUILD)/hv-core/release/hv-compile $< $@ $*

# Node prints the document that the schemas make.
$(BUILD)/control/openapi.json: control/openapi/print.ts $(CONTROL_SOURCES) $(wildcard control/openapi/*.ts) $(NODE_MODULES)
	@mkdir -p $(@D)
	$(ESBUILD) $< --bundle --format=esm --platform=node --log-level=warning --outfile=$(BUILD)/control/print-openapi.mjs
	node $(BUILD)/control/print-openapi.mjs > $@.new
	mv $@.new $@

.PHONY: scripts
scripts: $(PROGRAMS:%=$(BUILD)/control/%.js) $(BUILD)/control/openapi.json ## Bundle the TypeScript programs; needs no tools tree

# The command line is for the Node of whoever uses it: one file with everything in it.
CLI := $(BUILD)/cli
$(CLI)/corbel.mjs: control/cli-bundle.mjs $(CLI_SOURCES) $(CONTROL_SOURCES) $(wildcard control/openapi/*.ts) package.json $(NODE_MODULES)
	@mkdir -p $(@D)
	node $< $@

.PHONY: cli
cli: $(CLI)/corbel.mjs ## Bundle the command line and pack it for npm
	npm pack --silent --pack-destination $(CLI)

.PHONY: bundles
bundles: $(QJBS) $(BUILD)/control/openapi.json ## Bundle and compile the TypeScript programs
.PRECIOUS: $(BUILD)/control/%.js
