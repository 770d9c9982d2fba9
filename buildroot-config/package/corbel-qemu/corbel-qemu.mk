################################################################################
#
# corbel-qemu
#
################################################################################

CORBEL_QEMU_VERSION = 10.2.2
CORBEL_QEMU_SOURCE = qemu-$(CORBEL_QEMU_VERSION).tar.xz
CORBEL_QEMU_SITE = https://download.qemu.org
# The emulator; then the firmware: SeaBIOS (LGPL-3.0), qboot (GPL-2.0), OVMF (BSD-2-Clause-Patent and what edk2-licenses.txt lists).
CORBEL_QEMU_LICENSE = GPL-2.0, LGPL-2.1+, MIT, BSD-3-Clause, BSD-2-Clause, LGPL-3.0 (firmware), BSD-2-Clause-Patent (firmware)
CORBEL_QEMU_LICENSE_FILES = COPYING COPYING.LIB LICENSE pc-bios/edk2-licenses.txt
CORBEL_QEMU_CPE_ID_VENDOR = qemu
CORBEL_QEMU_CPE_ID_PRODUCT = qemu

# QEMU's configure makes a virtual environment of Python with distlib, and finds meson in it.
CORBEL_QEMU_DEPENDENCIES = \
	host-meson host-pkgconf host-python3 host-python-distlib \
	dtc gnutls libaio libglib2 libpng libseccomp liburing numactl pixman zlib zstd

# Firmware of guests: a directory with QEMU's names for it, each as it is or compressed by bzip2.
# The default is what QEMU's release brings; the names are in the lists below.
CORBEL_QEMU_BLOBS_DIR ?= $(@D)/pc-bios

# --- where things are
CORBEL_QEMU_CONF_OPTS = \
	--prefix=/usr \
	--firmwarepath=/usr/share/qemu:/usr/share/seabios \
	--cross-prefix=$(TARGET_CROSS) \
	--python=$(HOST_DIR)/bin/python3 \
	--ninja=$(HOST_DIR)/bin/ninja \
	--disable-download \
	--disable-install-blobs

# --- nothing but what is named here
CORBEL_QEMU_CONF_OPTS += \
	--target-list=x86_64-softmmu \
	--without-default-features \
	--without-default-devices \
	--with-devices-x86_64=corbel \
	--disable-docs \
	--audio-drv-list=

# --- processor: no emulation of instructions, so no TCG; the host's own code for what the toolchain is built for
CORBEL_QEMU_CONF_OPTS += \
	--enable-kvm \
	--disable-tcg \
	--x86-version=2

# --- robustness
# musl has no makecontext.
CORBEL_QEMU_CONF_OPTS += \
	--enable-pie \
	--enable-stack-protector \
	--enable-seccomp \
	--with-coroutine=sigaltstack

# --- speed and size: no tracing, no checks for QEMU's own developers
CORBEL_QEMU_CONF_OPTS += \
	--enable-trace-backends=nop \
	--disable-debug-info \
	--disable-qom-cast-debug

# --- machines: microvm describes itself by a device tree; memory is bound to NUMA nodes; swtpm is spoken to
CORBEL_QEMU_CONF_OPTS += \
	--enable-fdt=system \
	--enable-numa \
	--enable-tpm

# --- consoles: VNC, and screenshots as PNG, made in the VM's sandbox. No JPEG: it would blur text, and be one more library.
CORBEL_QEMU_CONF_OPTS += \
	--enable-vnc \
	--enable-pixman \
	--enable-png

# --- network: TAP is always there; vhost moves packets in the kernel. vhost-user is how a file system is shared with a guest.
CORBEL_QEMU_CONF_OPTS += \
	--enable-vhost-kernel \
	--enable-vhost-net \
	--enable-vhost-user

# --- migration and NBD: TLS, and compression
CORBEL_QEMU_CONF_OPTS += \
	--enable-gnutls \
	--enable-zstd

# --- disks: both ways of asynchronous I/O. Import formats are for qemu-img: QEMU itself opens only what stands in the list,
# so that no parser of a foreign format ever runs beside a guest. copy-before-write and snapshot-access serve backups.
CORBEL_QEMU_CONF_OPTS += \
	--enable-tools \
	--enable-linux-aio \
	--enable-linux-io-uring \
	--enable-vdi \
	--enable-vhdx \
	--enable-vmdk \
	--enable-vpc \
	--block-drv-rw-whitelist=raw,qcow2,file,host_device,nbd,throttle,copy-on-read,copy-before-write,snapshot-access,preallocate,compress

# pycotap is for QEMU's functional tests only. Other machines' firmware and device trees are neither unpacked nor installed, and
# need not be in the sources.
define CORBEL_QEMU_PREPARE
	cp $(CORBEL_QEMU_PKGDIR)/devices.mak $(@D)/configs/devices/x86_64-softmmu/corbel.mak
	$(SED) '/^pycotap/d' $(@D)/pythondeps.toml
	$(SED) 's/unpack_edk2_blobs = bzip2.found()/unpack_edk2_blobs = false/' $(@D)/meson.build
	$(SED) "/^subdir('dtb')/d; /^subdir('descriptors')/d" $(@D)/pc-bios/meson.build
endef
CORBEL_QEMU_POST_PATCH_HOOKS += CORBEL_QEMU_PREPARE

# QEMU's makefiles know another TARGET_DIR.
define CORBEL_QEMU_CONFIGURE_CMDS
	unset TARGET_DIR; \
	cd $(@D) && \
	$(TARGET_CONFIGURE_OPTS) \
	$(TARGET_CONFIGURE_ARGS) \
	CPP="$(TARGET_CC) -E" \
	./configure $(CORBEL_QEMU_CONF_OPTS)
endef

# The loaders of -kernel, and the interrupt controller's help for old Windows. configure would want a compiler that links
# programs of 32 bits; these need none.
CORBEL_QEMU_OPTION_ROMS = kvmvapic.bin linuxboot_dma.bin multiboot_dma.bin pvh.bin

define CORBEL_QEMU_BUILD_OPTION_ROMS
	mkdir -p $(@D)/option-roms
	cp $(@D)/pc-bios/optionrom/Makefile $(@D)/option-roms/
	echo 'TOPSRC_DIR=$(@D)' > $(@D)/option-roms/config.mak
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/option-roms V=1 \
		CC="$(TARGET_CC)" OBJCOPY="$(TARGET_OBJCOPY)" PYTHON="$(HOST_DIR)/bin/python3" EXTRA_CFLAGS= \
		$(CORBEL_QEMU_OPTION_ROMS)
endef

define CORBEL_QEMU_BUILD_CMDS
	unset TARGET_DIR; \
	$(TARGET_MAKE_ENV) $(NINJA) $(NINJA_OPTS) -j$(PARALLEL_JOBS) -C $(@D)/build qemu-system-x86_64 qemu-img
	$(CORBEL_QEMU_BUILD_OPTION_ROMS)
endef

# bios-256k.bin is SeaBIOS for q35 and pc, bios-microvm.bin and qboot.rom are for microvm; a vgabios belongs to each screen.
CORBEL_QEMU_SEABIOS = \
	bios-256k.bin bios-microvm.bin \
	vgabios-bochs-display.bin vgabios-cirrus.bin vgabios-ramfb.bin vgabios-stdvga.bin vgabios-virtio.bin

# Network boot is not offered: no ROM of a network adapter, so each -device of one says romfile= in its options.
# Secure Boot's variables are empty: keys are enrolled when a VM's own copy, or the image, is made.
# $(1): QEMU's name, $(2): path in the image.
define CORBEL_QEMU_INSTALL_BLOB
	mkdir -p $(dir $(TARGET_DIR)$(2))
	if [ -e $(CORBEL_QEMU_BLOBS_DIR)/$(1).bz2 ]; \
	then bzip2 -dc $(CORBEL_QEMU_BLOBS_DIR)/$(1).bz2 > $(TARGET_DIR)$(2); \
	else cp $(CORBEL_QEMU_BLOBS_DIR)/$(1) $(TARGET_DIR)$(2); fi
	chmod 644 $(TARGET_DIR)$(2)

endef

# VNC wants the names of keys; its clients send the keys themselves, so one layout will do.
define CORBEL_QEMU_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 755 $(@D)/build/qemu-system-x86_64 $(TARGET_DIR)/usr/bin/qemu-system-x86_64
	$(INSTALL) -D -m 755 $(@D)/build/qemu-img $(TARGET_DIR)/usr/bin/qemu-img
	$(INSTALL) -D -m 644 $(@D)/pc-bios/keymaps/en-us $(TARGET_DIR)/usr/share/qemu/keymaps/en-us
	$(foreach rom,$(CORBEL_QEMU_OPTION_ROMS),\
		$(INSTALL) -D -m 644 $(@D)/option-roms/$(rom) $(TARGET_DIR)/usr/share/qemu/$(rom)$(sep))
	$(foreach blob,$(CORBEL_QEMU_SEABIOS),$(call CORBEL_QEMU_INSTALL_BLOB,$(blob),/usr/share/seabios/$(blob)))
	$(call CORBEL_QEMU_INSTALL_BLOB,qboot.rom,/usr/share/qemu/qboot.rom)
	$(call CORBEL_QEMU_INSTALL_BLOB,edk2-x86_64-code.fd,/usr/share/OVMF/OVMF_CODE_4M.fd)
	$(call CORBEL_QEMU_INSTALL_BLOB,edk2-x86_64-secure-code.fd,/usr/share/OVMF/OVMF_CODE_4M.secboot.fd)
	$(call CORBEL_QEMU_INSTALL_BLOB,edk2-i386-vars.fd,/usr/share/OVMF/OVMF_VARS_4M.fd)
endef

$(eval $(generic-package))
