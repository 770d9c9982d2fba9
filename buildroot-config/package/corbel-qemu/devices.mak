# The devices of Corbel's QEMU, the complete list: nothing is built that is not named here or selected by what is.
# Format: QEMU's configs/devices/x86_64-softmmu/*.mak; names and what they select: hw/*/Kconfig of QEMU's sources.

# --- machines
# The default: PCI Express, from which devices can be unplugged.
CONFIG_Q35=y
# Imported systems that know only the chipset of 1996, and guests older than PCI Express.
CONFIG_I440FX=y
# Guests of one purpose: no PCI, no firmware tables to walk, started in a fraction of the time.
CONFIG_MICROVM=y

# --- platform
# Windows without Hyper-V's timers, and old Linux.
CONFIG_HPET=y
# Hyper-V's enlightenments (interrupts and timers of Windows guests); none of its devices.
CONFIG_HYPERV=y
# A guest's panic is told: by the ISA device, and by the PCI device where a guest has no driver for the other.
CONFIG_PVPANIC_ISA=y
CONFIG_PVPANIC_PCI=y
# A guest that runs VMs itself or has more than 255 vCPUs; Windows wants the one of its processor's maker.
CONFIG_VTD=y
CONFIG_AMD_IOMMU=y
# Watchdog of guests on i440fx; q35 has its own.
CONFIG_WDT_IB6300ESB=y
# TPM 2.0 beside swtpm. CRB is what Windows 11 and new Linux like, TIS what older systems know.
CONFIG_TPM_CRB=y
CONFIG_TPM_TIS_ISA=y
CONFIG_TPM_EMULATOR=y

# --- buses
# Hot-plug on q35 happens in root ports.
CONFIG_PCIE_PORT=y
# Conventional PCI devices (e1000, LSI) on q35, so that they can be unplugged as well.
CONFIG_PCIE_PCI_BRIDGE=y
# More than 30 devices on i440fx.
CONFIG_PCI_BRIDGE=y
# --- virtio
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_SCSI=y
CONFIG_VIRTIO_NET=y
# Console, and the channel of the guest agent.
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_BALLOON=y
# Memory added and taken away in small steps.
CONFIG_VIRTIO_MEM=y
CONFIG_VIRTIO_GPU=y
CONFIG_VIRTIO_VGA=y
# Keyboard and tablet without a USB controller.
CONFIG_VIRTIO_INPUT=y
# An IOMMU for microvm, and for guests without a driver of Intel's or AMD's.
CONFIG_VIRTIO_IOMMU=y
# Sockets between host and guest: systemd in a guest says so when it is ready.
CONFIG_VHOST_VSOCK=y
# A directory of the host, shared by a helper process in the VM's sandbox.
CONFIG_VHOST_USER_FS=y

# --- disk controllers of imported systems, which boot from what they have a driver for
# AHCI comes with q35, IDE with i440fx.
CONFIG_NVME_PCI=y
# QEMU 10.2 has no NVMe without this; a socket is opened only when a device asks for it.
CONFIG_SPDM_SOCKET=y
# VMware: LSI Logic parallel, LSI Logic SAS, paravirtual. XenServer and Proxmox VE: LSI 53C895A.
CONFIG_LSI_SCSI_PCI=y
CONFIG_MPTSAS_SCSI_PCI=y
CONFIG_VMW_PVSCSI_SCSI_PCI=y
# Windows Server of the 2008 and 2012 years has this driver on its CD.
CONFIG_MEGASAS_SCSI_PCI=y

# --- network adapters of imported systems
CONFIG_E1000_PCI=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_VMXNET3_PCI=y
# What XenServer shows to guests without Xen's drivers.
CONFIG_RTL8139_PCI=y

# --- screens
# The default: every system has a driver, and firmware can draw on it.
CONFIG_VGA_PCI=y
# The same without the registers of VGA, for UEFI guests: less to attack.
CONFIG_BOCHS_DISPLAY=y
# Guests older than VESA drivers.
CONFIG_VGA_CIRRUS=y

# --- USB: tablet, keyboard, mouse, and media
CONFIG_USB_XHCI_PCI=y
# Systems without a driver for xHCI, such as Windows 7; UHCI comes with i440fx.
CONFIG_USB_EHCI_PCI=y
CONFIG_USB_UHCI=y
CONFIG_USB_HID=y
CONFIG_USB_STORAGE_BOT=y
CONFIG_USB_STORAGE_CLASSIC=y

# --- devices of the host
CONFIG_VFIO_PCI=y
# The kernel's newer way to the IOMMU, for which VFIO's own is being replaced.
CONFIG_IOMMUFD=y

# --- left out, and why
# Sound: no console of Corbel carries it.
# Floppy, parallel port, IPMI, Apple's SMC, SD, CAN, smart cards, ISA network and disk adapters: no server VM needs them.
# QXL, VMware's and ATI's screens: the guest falls back to VGA; their emulations are large and little used.
# VMware's back door (VMPORT): it answers the guest on the host's behalf.
# VMBus, Xen's emulation: guests come without a hypervisor's own devices, or with virtio.
# NVDIMM, virtio-pmem: datastores are files, and a disk serves these as well.
# SEV, TDX, SGX: the API has no confidential VMs; OVMF would need builds of its own.
# USB devices of the host (libusb): a whole controller is passed through by VFIO, with the IOMMU between.
# vhost-scsi, vhost-vdpa, vhost-user other than the file system, ivshmem, vfio-user: nothing on the appliance serves them.
# PXB (a root bus for each NUMA node): QEMU 10.2 links it only with the whole of CXL.
# igb, PCI serial ports, xio3130 and ioh3420, virtio-crypto, virtio-sound, 9p: others here do the same.
