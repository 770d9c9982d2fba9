################################################################################
#
# corbel-hv-core
#
################################################################################

CORBEL_HV_CORE_VERSION = $(shell sed -n 's/^ *"version": "\(.*\)",*$$/\1/p' $(BR2_EXTERNAL_CORBEL_PATH)/../package.json)
CORBEL_HV_CORE_SITE = $(BR2_EXTERNAL_CORBEL_PATH)/../hv-core
CORBEL_HV_CORE_SITE_METHOD = local
CORBEL_HV_CORE_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude=/out
HOST_CORBEL_HV_CORE_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude=/out
CORBEL_HV_CORE_LICENSE = Apache-2.0
CORBEL_HV_CORE_LICENSE_FILES = LICENSE
CORBEL_HV_CORE_DEPENDENCIES = corbel-quickjs libargon2 libseccomp nettle sqlite
HOST_CORBEL_HV_CORE_DEPENDENCIES = host-corbel-quickjs host-nettle

# Warnings and hardening are hv-core's own, in its flags.mk; Buildroot adds what belongs to the toolchain.
define CORBEL_HV_CORE_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) hv-core \
		CC="$(TARGET_CC)" \
		CFLAGS="$(TARGET_CFLAGS)" \
		LDFLAGS="$(TARGET_LDFLAGS)" \
		ENGINE="-L$(STAGING_DIR)/usr/lib/quickjs -l:libquickjs.a"
endef

define CORBEL_HV_CORE_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/out/hv-core $(TARGET_DIR)/usr/bin/hv-core
endef

define HOST_CORBEL_HV_CORE_BUILD_CMDS
	$(HOST_MAKE_ENV) $(MAKE) -C $(@D) hv-compile \
		CC="$(HOSTCC)" \
		CFLAGS="$(HOST_CFLAGS)" \
		LDFLAGS="$(HOST_LDFLAGS)" \
		ENGINE="-L$(HOST_DIR)/lib/quickjs -l:libquickjs.a"
endef

define HOST_CORBEL_HV_CORE_INSTALL_CMDS
	$(INSTALL) -D -m 0755 $(@D)/out/hv-compile $(HOST_DIR)/bin/hv-compile
endef

define CORBEL_HV_CORE_ADD_LICENSE
	cp $(BR2_EXTERNAL_CORBEL_PATH)/../LICENSE $(@D)/LICENSE
endef

CORBEL_HV_CORE_POST_RSYNC_HOOKS += CORBEL_HV_CORE_ADD_LICENSE
HOST_CORBEL_HV_CORE_POST_RSYNC_HOOKS += CORBEL_HV_CORE_ADD_LICENSE

$(eval $(generic-package))
$(eval $(host-generic-package))
