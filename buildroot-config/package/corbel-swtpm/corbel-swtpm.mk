################################################################################
#
# corbel-swtpm
#
################################################################################

CORBEL_SWTPM_VERSION = 0.10.1
CORBEL_SWTPM_SOURCE = swtpm-$(CORBEL_SWTPM_VERSION).tar.gz
CORBEL_SWTPM_SITE = $(call github,stefanberger,swtpm,v$(CORBEL_SWTPM_VERSION))
CORBEL_SWTPM_LICENSE = BSD-3-Clause
CORBEL_SWTPM_LICENSE_FILES = LICENSE
CORBEL_SWTPM_CPE_ID_VENDOR = swtpm_project
CORBEL_SWTPM_CPE_ID_PRODUCT = swtpm
# The archive is made from the repository and has no configure.
CORBEL_SWTPM_AUTORECONF = YES
# json-glib reads profiles; configure asks for libtasn1 although only swtpm_cert uses it.
CORBEL_SWTPM_DEPENDENCIES = host-pkgconf corbel-libtpms json-glib libglib2 libseccomp libtasn1 openssl

# Its own system call filter; no CUSE device, no makers' certificates, no tests.
CORBEL_SWTPM_CONF_OPTS = \
	--with-openssl \
	--with-seccomp \
	--without-cuse \
	--without-gnutls \
	--without-selinux \
	--disable-tests

# What a newer compiler warns of does not stop the build.
define CORBEL_SWTPM_ALLOW_WARNINGS
	$(SED) 's/-Wall -Werror/-Wall/' $(@D)/configure.ac
endef
CORBEL_SWTPM_POST_PATCH_HOOKS += CORBEL_SWTPM_ALLOW_WARNINGS

# swtpm alone, with the library that is half of it.
define CORBEL_SWTPM_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/src/utils
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/src/swtpm
endef

define CORBEL_SWTPM_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/src/swtpm DESTDIR=$(TARGET_DIR) \
		install-binPROGRAMS install-privlibLTLIBRARIES
endef

$(eval $(autotools-package))
