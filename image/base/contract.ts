// What every base delivers, as data: the list that image/base/check.ts checks a base against. Says nothing of how a base is made.

/** Files and directories of a base, relative to it. */
export const files = ['vmlinuz', 'manifest.json'] as const
export const directories = ['modules', 'firmware', 'root'] as const

/** /bin and its like are links into /usr: one place for each file. */
export const links: Readonly<Record<string, string>> = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib' }

/** The same for what not every base has: glibc's loader lies in /lib64, musl's in /lib. */
export const linksIfAny: Readonly<Record<string, string>> = { lib64: 'usr/lib64' }

/** Where loaders look for libraries: glibc's as Debian configures it, musl's by default. A tree has one of the two. The last is where swtpm's own run path leads. */
export const libraryDirectories: Readonly<Record<string, readonly string[]>> = {
  '/lib64/ld-linux-x86-64.so.2': [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/lib/x86_64-linux-gnu/swtpm',
    '/usr/lib/swtpm',
  ],
  '/lib/ld-musl-x86_64.so.1': ['/usr/lib', '/usr/lib/swtpm'],
}

/** Programs in the root tree, ELF and executable, with who calls them. */
export const programs: Readonly<Record<string, string>> = {
  '/usr/bin/busybox': 'init, boot jobs, DHCP; static, because the initramfs has it too',
  '/usr/sbin/modprobe': 'boot jobs, and the kernel when it wants a module',
  '/usr/bin/qemu-system-x86_64': 'controld, once a VM',
  '/usr/bin/qemu-img': 'controld: making and checking disk images',
  '/usr/bin/swtpm': 'controld, once a VM that has a TPM',
  '/usr/bin/mtools': 'controld: the cloud-init seed of a VM',
  '/usr/bin/ip': 'setup and controld: links, addresses, bridges',
  '/usr/sbin/tc': 'controld: rates of NICs and pools',
  '/usr/sbin/nft': 'controld: address translation of the VM network',
  '/usr/sbin/blkid': 'setup: is a disk blank',
  '/usr/sbin/sfdisk': 'setup: partitions of a blank disk',
  '/usr/sbin/mke2fs': 'setup: file systems of state and datastore',
  '/usr/sbin/e2fsck': 'setup: the state partition after a power cut',
  '/usr/sbin/dmsetup': 'initramfs: the verity device',
  '/usr/sbin/mdadm': 'setup, installer and controld: state and datastore on two disks',
  '/usr/sbin/chronyd': 'chrony-launch: the time client',
  '/usr/bin/chronyc': 'controld: how the time client does',
  '/usr/bin/openssl': "gateway-launch: the gateway's certificate",
}

/** Other files in the root tree: what VMs boot with, and settings that a program cannot do without. */
export const data = [
  '/usr/share/seabios/bios-256k.bin',
  '/usr/share/seabios/vgabios-stdvga.bin',
  '/usr/share/OVMF/OVMF_CODE_4M.fd',
  '/usr/share/OVMF/OVMF_VARS_4M.fd',
  '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
  '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
  '/usr/share/qemu/kvmvapic.bin',
  '/usr/share/qemu/linuxboot_dma.bin',
  '/etc/mke2fs.conf',
] as const

/** What the kernel can do, as a module or built in. */
export const modules = [
  'loop',
  'dm_mod',
  'dm_verity',
  'raid1',
  'erofs',
  'isofs',
  'ext4',
  'xfs',
  'vfat',
  'sd_mod',
  'sr_mod',
  'ahci',
  'nvme',
  'usb_storage',
  'xhci_pci',
  'virtio_blk',
  'virtio_net',
  'e1000e',
  'igb',
  'kvm',
  'kvm_amd',
  'kvm_intel',
  'vhost_net',
  'vfio_iommu_type1',
  'vfio_pci',
  'tun',
  'bridge',
  '8021q',
  'bonding',
  'nf_tables',
  'nft_masq',
  'sch_htb',
  'sch_fq_codel',
  'sch_ingress',
  'cls_matchall',
  'act_skbedit',
  'act_mirred',
  'ifb',
  'bfq',
  'usbhid',
] as const
