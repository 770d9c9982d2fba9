################################################################################
#
# corbel-quickjs
#
################################################################################

CORBEL_QUICKJS_VERSION = 2025-09-13
CORBEL_QUICKJS_SOURCE = quickjs-$(CORBEL_QUICKJS_VERSION).tar.xz
CORBEL_QUICKJS_SITE = https://bellard.org/quickjs
# One download for this and Buildroot's own package.
CORBEL_QUICKJS_DL_SUBDIR = quickjs
CORBEL_QUICKJS_LICENSE = MIT
CORBEL_QUICKJS_LICENSE_FILES = LICENSE
CORBEL_QUICKJS_CPE_ID_VENDOR = quickjs_project
CORBEL_QUICKJS_CPE_ID_PRODUCT = quickjs
CORBEL_QUICKJS_INSTALL_STAGING = YES
CORBEL_QUICKJS_INSTALL_TARGET = NO

# Upstream's own "install" also wants the interpreters. The destination is upstream's, too.
define CORBEL_QUICKJS_INSTALL_LIBRARY
	$(INSTALL) -D -m 0644 $(@D)/libquickjs.a $(1)/lib/quickjs/libquickjs.a
	$(INSTALL) -D -m 0644 $(@D)/quickjs.h $(1)/include/quickjs/quickjs.h
	$(INSTALL) -D -m 0644 $(@D)/quickjs-libc.h $(1)/include/quickjs/quickjs-libc.h
endef

# CFLAGS come from the environment, because the makefile adds to them. The directory of objects is not made by every rule.
define CORBEL_QUICKJS_BUILD_CMDS
	mkdir -p $(@D)/.obj
	$(TARGET_MAKE_ENV) CFLAGS="$(TARGET_CFLAGS) -fPIC" $(MAKE) -C $(@D) \
		CROSS_PREFIX="$(TARGET_CROSS)" \
		libquickjs.a
endef

define CORBEL_QUICKJS_INSTALL_STAGING_CMDS
	$(call CORBEL_QUICKJS_INSTALL_LIBRARY,$(STAGING_DIR)/usr)
endef

define HOST_CORBEL_QUICKJS_BUILD_CMDS
	mkdir -p $(@D)/.obj
	$(HOST_MAKE_ENV) CFLAGS="$(HOST_CFLAGS) -fPIC" LDFLAGS="$(HOST_LDFLAGS)" $(MAKE) -C $(@D) \
		CC="$(HOSTCC)" \
		AR="$(HOSTAR)" \
		PREFIX=$(HOST_DIR) \
		libquickjs.a qjsc
endef

define HOST_CORBEL_QUICKJS_INSTALL_CMDS
	$(call CORBEL_QUICKJS_INSTALL_LIBRARY,$(HOST_DIR))
	$(INSTALL) -D -m 0755 $(@D)/qjsc $(HOST_DIR)/bin/qjsc
endef

$(eval $(generic-package))
$(eval $(host-generic-package))
