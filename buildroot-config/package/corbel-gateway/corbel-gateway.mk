################################################################################
#
# corbel-gateway
#
################################################################################

CORBEL_GATEWAY_VERSION = $(shell sed -n 's/^ *"version": "\(.*\)",*$$/\1/p' $(BR2_EXTERNAL_CORBEL_PATH)/../package.json)
CORBEL_GATEWAY_SITE = $(BR2_EXTERNAL_CORBEL_PATH)/../hv-core
CORBEL_GATEWAY_SITE_METHOD = local
CORBEL_GATEWAY_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude=/out
CORBEL_GATEWAY_LICENSE = Apache-2.0
CORBEL_GATEWAY_LICENSE_FILES = LICENSE
CORBEL_GATEWAY_DEPENDENCIES = libseccomp libwebsockets llhttp openssl

define CORBEL_GATEWAY_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) gatewayd tlsdial webget \
		CC="$(TARGET_CC)" \
		CFLAGS="$(TARGET_CFLAGS)" \
		LDFLAGS="$(TARGET_LDFLAGS)"
endef

define CORBEL_GATEWAY_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/out/gatewayd $(TARGET_DIR)/usr/bin/gatewayd
	$(INSTALL) -D -m 0755 $(@D)/out/tlsdial $(TARGET_DIR)/usr/bin/tlsdial
	$(INSTALL) -D -m 0755 $(@D)/out/webget $(TARGET_DIR)/usr/bin/webget
endef

define CORBEL_GATEWAY_ADD_LICENSE
	cp $(BR2_EXTERNAL_CORBEL_PATH)/../LICENSE $(@D)/LICENSE
endef

CORBEL_GATEWAY_POST_RSYNC_HOOKS += CORBEL_GATEWAY_ADD_LICENSE

$(eval $(generic-package))
