#!/bin/sh
# Makes a disk with a small real Debian 13 (its own kernel, systemd, guest agent, cloud-init, console on ttyS0), without mounting
# anything. It starts by GRUB on BIOS, and by Debian's signed shim and GRUB on UEFI, Secure Boot included.
# Reads: test/guests/debian (files laid over the system), the Debian archive. Runs in the tools tree.
# Writes: OUT/debian.img (raw, sparse) and OUT/debian/{vmlinuz,*.ko (what KVM, the balloon, disks and NICs need, and the driver of a network card),memtest.bin,
# busybox} for the other recipes.
# Usage: debian.sh OUT
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
root=/tmp/root
password=corbel-guest
packages=linux-image-cloud-amd64,systemd-sysv,udev,dbus,login,passwd,kmod,hostname,memtest86+,busybox-static,qemu-guest-agent
# cloud-init renders for networkd only where there is `ip`.
packages=$packages,cloud-init,iproute2
grub=/usr/lib/grub/i386-pc
# 512-byte sectors: GRUB's core in a partition of its own, then the root file system.
core_sector=2048 root_sector=4096 root_sectors=1044480
# After it the EFI system partition.
esp_sector=$((root_sector + root_sectors)) esp_sectors=32768

# A guest that nobody debugs on the spot: what costs boot time under emulation is left out.
make_root() {
  mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/i18n/*' \
    --dpkgopt='path-exclude=/usr/lib/udev/hwdb*' \
    trixie "$root"
  cp -R "$here/debian/." "$root/"
  printf 'root:%s\n' "$password" | chroot "$root" chpasswd
  # With an empty machine-id the first boot would enable every unit anew.
  echo 1b4e28ba2fa111d2883f0016d3cca427 >"$root/etc/machine-id"
  # systemctl warns about a missing /proc in a chroot; its warnings are shown when it fails.
  enable_units 2>/tmp/systemctl.log || { cat /tmp/systemctl.log >&2; exit 1; }
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/boot/initrd.img-* "$root"/initrd.img*
}

enable_units() {
  chroot "$root" systemctl --quiet enable systemd-networkd corbel-guest corbel-guest-address serial-getty@ttyS0
  chroot "$root" systemctl --quiet disable getty@tty1 apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    fstrim.timer systemd-pstore systemd-networkd-wait-online
  chroot "$root" systemctl --quiet mask grub-common ldconfig sys-kernel-debug.mount sys-kernel-tracing.mount \
    dev-hugepages.mount dev-mqueue.mount systemd-binfmt systemd-firstboot systemd-hwdb-update systemd-journal-catalog-update \
    systemd-journal-flush systemd-modules-load systemd-network-generator systemd-networkd-persistent-storage \
    systemd-pcrlock-make-policy systemd-random-seed systemd-rfkill.socket systemd-sysext.socket systemd-sysusers \
    systemd-tmpfiles-setup-dev-early systemd-udev-load-credentials systemd-update-done systemd-update-utmp \
    systemd-update-utmp-runlevel
}

# The cloud kernel has ext4 built in and virtio_blk as a module, so one module and BusyBox are the whole initramfs.
make_initramfs() {
  tree=/tmp/initramfs
  mkdir -p "$tree/bin" "$tree/proc" "$tree/dev" "$tree/root"
  cp "$root/usr/bin/busybox" "$tree/bin/busybox"
  xz -dc "$root"/usr/lib/modules/*/kernel/drivers/block/virtio_blk.ko.xz >"$tree/virtio_blk.ko"
  cp "$here/debian-init" "$tree/init"
  (cd "$tree" && find . | cpio --quiet -o -H newc >"$root/boot/initrd")
}

make_file_system() {
  mkdir -p "$root/boot/grub"
  cp "$here/debian-grub.cfg" "$root/boot/grub/grub.cfg"
  mv "$root"/boot/vmlinuz-* "$root/boot/vmlinuz"
  truncate -s $((root_sectors * 512)) /tmp/root.ext4
  mkfs.ext4 -q -L debian -O ^metadata_csum,^64bit -d "$root" /tmp/root.ext4
}

# GRUB of Debian's signing looks for its configuration in EFI/debian of the partition that it was started from.
make_esp() {
  truncate -s $((esp_sectors * 512)) /tmp/esp.img
  mformat -i /tmp/esp.img -v ESP ::
  mmd -i /tmp/esp.img ::EFI ::EFI/BOOT ::EFI/debian
  mcopy -i /tmp/esp.img /usr/lib/shim/shimx64.efi.signed ::EFI/BOOT/BOOTX64.EFI
  mcopy -i /tmp/esp.img /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed ::EFI/BOOT/grubx64.efi
  printf 'search --no-floppy --label debian --set=root\nconfigfile ($root)/boot/grub/grub.cfg\n' >/tmp/esp-grub.cfg
  mcopy -i /tmp/esp.img /tmp/esp-grub.cfg ::EFI/debian/grub.cfg
}

# GRUB's boot sector holds where its core begins, the core's first sector where it goes on (LE64 each); jumps over the
# check for a floppy (0x66) are replaced, as grub-bios-setup does for disks.
make_disk() {
  disk=$out/debian.img.new
  truncate -s $(((esp_sector + esp_sectors + 2048) * 512)) "$disk"
  sgdisk --clear -n "1:$core_sector:$((root_sector - 1))" -t 1:ef02 -n "2:$root_sector:$((root_sector + root_sectors - 1))" -t 2:8304 \
    -n "3:$esp_sector:$((esp_sector + esp_sectors - 1))" -t 3:ef00 "$disk" >/dev/null
  printf 'set prefix=(hd0,gpt2)/boot/grub\nset root=(hd0,gpt2)\nconfigfile /boot/grub/grub.cfg\n' >/tmp/early.cfg
  grub-mkimage -O i386-pc -d "$grub" -p '(hd0,gpt2)/boot/grub' -c /tmp/early.cfg -o /tmp/core.img \
    biosdisk part_gpt ext2 linux normal configfile serial terminal echo
  cp "$grub/boot.img" /tmp/boot.img
  printf '\000\010\000\000\000\000\000\000' | dd of=/tmp/boot.img bs=1 seek=92 conv=notrunc status=none
  printf '\220\220' | dd of=/tmp/boot.img bs=1 seek=102 conv=notrunc status=none
  printf '\001\010\000\000\000\000\000\000' | dd of=/tmp/core.img bs=1 seek=500 conv=notrunc status=none
  dd if=/tmp/boot.img of="$disk" bs=440 count=1 conv=notrunc status=none
  dd if=/tmp/core.img of="$disk" bs=512 seek="$core_sector" conv=notrunc status=none
  dd if=/tmp/root.ext4 of="$disk" bs=1M seek=$((root_sector / 2048)) conv=notrunc,sparse status=none
  dd if=/tmp/esp.img of="$disk" bs=1M seek=$((esp_sector / 2048)) conv=notrunc,sparse status=none
  mv "$disk" "$out/debian.img"
}

keep_parts() {
  mkdir -p "$out/debian"
  cp "$root/boot/vmlinuz" "$out/debian/vmlinuz"
  cp "$root/boot/memtest86+x64.bin" "$out/debian/memtest.bin"
  cp "$root/usr/bin/busybox" "$out/debian/busybox"
  for module in virt/lib/irqbypass drivers/crypto/ccp/ccp arch/x86/kvm/kvm arch/x86/kvm/kvm-amd arch/x86/kvm/kvm-intel \
    drivers/net/vmxnet3/vmxnet3 drivers/virtio/virtio_balloon drivers/block/virtio_blk net/core/failover \
    drivers/net/net_failover drivers/net/virtio_net; do
    if [ -e "$(echo "$root"/usr/lib/modules/*/kernel/$module.ko.xz)" ]; then
      xz -dc "$root"/usr/lib/modules/*/kernel/$module.ko.xz >"$out/debian/${module##*/}.ko"
    fi
  done
  chmod -R a+rX "$out/debian" "$out/debian.img"
}

make_root
make_initramfs
make_file_system
make_esp
make_disk
keep_parts
