# What the release base and its programs are made of besides the recipe: our external tree and the kernel's checker; see build and programs.
BUILDROOT_PROGRAMS := buildroot-config/package/corbel-hv-core buildroot-config/package/corbel-gateway buildroot-config/package/corbel-control
BUILDROOT_TOOLS := $(BUILD)/base/packages.mjs $(BUILD)/base/kernel-check.mjs
SCRIPTS := $(PROGRAMS:%=$(BUILD)/control/%.js) $(BUILD)/control/openapi.json
# Directories and files of the user's; relative ones are relative to here.
export BUILDROOT BR2_DL_DIR BR2_PACKAGE_OVERRIDE_FILE
$(foreach name,BUILDROOT BR2_DL_DIR BR2_PACKAGE_OVERRIDE_FILE,$(if $($(name)),$(eval override $(name) := $(abspath $($(name))))))

$(BUILD)/base/packages.mjs: image/base/buildroot/packages.ts $(NODE_MODULES)
	node_modules/.bin/esbuild $< --bundle --format=esm --platform=node --log-level=warning --outfile=$@
$(BUILD)/base/kernel-check.mjs: image/kernel/check.ts $(NODE_MODULES)
	node_modules/.bin/esbuild $< --bundle --format=esm --platform=node --log-level=warning --outfile=$@

# Our own programs change every day and do not make the base again.
$(BUILD)/base/buildroot/.stamp: $(shell find buildroot-config -type f $(foreach path,$(BUILDROOT_PROGRAMS),! -path '$(path)/*')) | $(BUILDROOT_TOOLS) $(SCRIPTS)
$(BUILD)/programs/buildroot/.stamp: $(BUILD)/base/buildroot/.stamp $(SCRIPTS) $(shell find $(BUILDROOT_PROGRAMS) hv-core -type f)
	image/base/buildroot/programs $(@D)
