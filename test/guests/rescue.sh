#!/bin/sh
# Makes a CD that is no Linux at all: GRUB on the serial port, which then starts Memtest86+ there.
# Reads: OUT/debian/memtest.bin, rescue-grub.cfg. Writes: OUT/rescue.iso. Runs in the tools tree.
# Usage: rescue.sh OUT
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
tree=/tmp/tree

mkdir -p "$tree/boot/grub"
cp "$out/debian/memtest.bin" "$tree/boot/"
cp "$here/rescue-grub.cfg" "$tree/boot/grub/grub.cfg"
printf 'set root=(cd)\nset prefix=(cd)/boot/grub\nconfigfile /boot/grub/grub.cfg\n' >/tmp/early.cfg
grub-mkimage -O i386-pc -p /boot/grub -c /tmp/early.cfg -o /tmp/core.img biosdisk iso9660 linux16 linux normal configfile serial terminal echo
cat /usr/lib/grub/i386-pc/cdboot.img /tmp/core.img >"$tree/boot/eltorito.img"
xorriso -as mkisofs -quiet -o "$out/rescue.iso" -V RESCUE -b boot/eltorito.img -no-emul-boot -boot-load-size 4 -boot-info-table "$tree"
