################################################################################
#
# corbel-libtpms
#
################################################################################

CORBEL_LIBTPMS_VERSION = 0.10.2
CORBEL_LIBTPMS_SOURCE = libtpms-$(CORBEL_LIBTPMS_VERSION).tar.gz
CORBEL_LIBTPMS_SITE = $(call github,stefanberger,libtpms,v$(CORBEL_LIBTPMS_VERSION))
# The second is the TCG's own wording of the same terms, for the TPM 2.0 code.
CORBEL_LIBTPMS_LICENSE = BSD-3-Clause, BSD-2-Clause
CORBEL_LIBTPMS_LICENSE_FILES = LICENSE
CORBEL_LIBTPMS_CPE_ID_VENDOR = libtpms_project
CORBEL_LIBTPMS_CPE_ID_PRODUCT = libtpms
CORBEL_LIBTPMS_INSTALL_STAGING = YES
# The archive is made from the repository and has no configure.
CORBEL_LIBTPMS_AUTORECONF = YES
CORBEL_LIBTPMS_DEPENDENCIES = host-pkgconf openssl

# TPM 1.2 is left out: no VM of Corbel has one.
CORBEL_LIBTPMS_CONF_OPTS = --with-openssl --with-tpm2 --without-tpm1

# What a newer compiler warns of does not stop the build.
define CORBEL_LIBTPMS_ALLOW_WARNINGS
	$(SED) 's/-Wall -Werror/-Wall/' $(@D)/configure.ac
endef
CORBEL_LIBTPMS_POST_PATCH_HOOKS += CORBEL_LIBTPMS_ALLOW_WARNINGS

$(eval $(autotools-package))
