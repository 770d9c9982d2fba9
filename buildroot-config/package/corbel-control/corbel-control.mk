################################################################################
#
# corbel-control
#
################################################################################

CORBEL_CONTROL_VERSION = $(shell sed -n 's/^ *"version": "\(.*\)",*$$/\1/p' $(BR2_EXTERNAL_CORBEL_PATH)/../package.json)
CORBEL_CONTROL_SITE = $(BR2_EXTERNAL_CORBEL_PATH)/../control
CORBEL_CONTROL_SITE_METHOD = local
CORBEL_CONTROL_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude=/out
CORBEL_CONTROL_LICENSE = Apache-2.0, MIT (valibot, bundled)
CORBEL_CONTROL_LICENSE_FILES = LICENSE LICENSE.valibot
CORBEL_CONTROL_DEPENDENCIES = host-corbel-hv-core

# Read, and not included: Buildroot's makefiles share one name space.
CORBEL_CONTROL_PROGRAMS = $(shell sed -n 's/^PROGRAMS := //p' $(CORBEL_CONTROL_SITE)/control.mk)

# Names whatever is missing of the scripts before anything is made of them.
define CORBEL_CONTROL_CHECK_BUNDLES
	$(if $(CORBEL_BUNDLES),,$(error CORBEL_BUNDLES is not set: run "make scripts" in Corbel's repository, then name its build/control in CORBEL_BUNDLES))
	@for name in $(CORBEL_CONTROL_PROGRAMS:%=%.js) openapi.json; do \
		[ -s "$(CORBEL_BUNDLES)/$$name" ] || { \
			echo "$(CORBEL_BUNDLES)/$$name is missing: run \"make scripts\" in Corbel's repository"; \
			exit 1; \
		}; \
	done
endef

define CORBEL_CONTROL_BUILD_CMDS
	$(CORBEL_CONTROL_CHECK_BUNDLES)
	rm -rf $(@D)/out
	mkdir -p $(@D)/out
	$(foreach name,$(CORBEL_CONTROL_PROGRAMS),\
		$(HOST_DIR)/bin/hv-compile "$(CORBEL_BUNDLES)/$(name).js" $(@D)/out/$(name).qjb $(name)$(sep))
	$(INSTALL) -m 0644 "$(CORBEL_BUNDLES)/openapi.json" $(@D)/out/openapi.json
endef

define CORBEL_CONTROL_INSTALL_TARGET_CMDS
	$(foreach name,$(CORBEL_CONTROL_PROGRAMS),\
		$(INSTALL) -D -m 0644 $(@D)/out/$(name).qjb $(TARGET_DIR)/usr/lib/corbel/$(name).qjb$(sep))
	$(INSTALL) -D -m 0644 $(@D)/out/openapi.json $(TARGET_DIR)/usr/share/corbel/www/openapi.json
endef

define CORBEL_CONTROL_ADD_LICENSES
	cp $(BR2_EXTERNAL_CORBEL_PATH)/../LICENSE $(@D)/LICENSE
	cp $(BR2_EXTERNAL_CORBEL_PATH)/../node_modules/valibot/LICENSE.md $(@D)/LICENSE.valibot
endef

CORBEL_CONTROL_POST_RSYNC_HOOKS += CORBEL_CONTROL_ADD_LICENSES

$(eval $(generic-package))
