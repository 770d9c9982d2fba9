################################################################################
#
# llhttp
#
################################################################################

LLHTTP_VERSION = 9.3.0
# The release tags have the generated C; the others only what it is generated from.
LLHTTP_SITE = $(call github,nodejs,llhttp,refs/tags/release/v$(LLHTTP_VERSION))
LLHTTP_LICENSE = MIT
LLHTTP_LICENSE_FILES = LICENSE
LLHTTP_CPE_ID_VENDOR = llhttp
LLHTTP_INSTALL_STAGING = YES
LLHTTP_INSTALL_TARGET = NO
# Linked into position-independent programs.
LLHTTP_CONF_OPTS = \
	-DBUILD_SHARED_LIBS=OFF \
	-DBUILD_STATIC_LIBS=ON \
	-DCMAKE_POSITION_INDEPENDENT_CODE=ON

# CMake would look for a C++ compiler, which the toolchain does not have; nothing here is written in it.
define LLHTTP_C_ALONE
	$(SED) '/^project(/s/)$$/ LANGUAGES C)/' $(@D)/CMakeLists.txt
endef
LLHTTP_POST_PATCH_HOOKS += LLHTTP_C_ALONE

$(eval $(cmake-package))
