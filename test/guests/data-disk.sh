#!/bin/sh
# Makes the data disk that test machines start from: GPT with `corbel-state` (empty) and `corbel-data` (the guests' media), both ext4.
# Reads: OUT/{debian.img,hello.vmlinuz,hello.initrd,rescue.iso}. Writes: OUT/data.img (raw, sparse). Runs in the tools tree.
# Usage: data-disk.sh OUT
set -eu

out=$1
files=/tmp/files
state_mib=256 data_mib=4096
# The mount would be root's alone to write; each file is given to its VM by controld.
mkdir -p "$files"
# Two copies, as two VMs may not write to one disk; different formats.
qemu-img convert -O qcow2 "$out/debian.img" "$files/debian.qcow2"
cp --sparse=always "$out/debian.img" "$files/debian2.img"
cp "$out/hello.vmlinuz" "$out/hello.initrd" "$out/rescue.iso" "$files/"
qemu-img create -q -f qcow2 "$files/empty.qcow2" 64M
chmod 600 "$files"/*

truncate -s "${state_mib}M" /tmp/state.ext4
mkfs.ext4 -q -L corbel-state /tmp/state.ext4
truncate -s "${data_mib}M" /tmp/data.ext4
mkfs.ext4 -q -L corbel-data -d "$files" /tmp/data.ext4

disk=$out/data.img.new
rm -f "$disk"
truncate -s $((state_mib + data_mib + 2))M "$disk"
sgdisk --clear -n "1:1M:+${state_mib}M" -c 1:corbel-state -n "2:$((state_mib + 1))M:+${data_mib}M" -c 2:corbel-data "$disk" >/dev/null
dd if=/tmp/state.ext4 of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
dd if=/tmp/data.ext4 of="$disk" bs=1M seek=$((state_mib + 1)) conv=notrunc,sparse status=none
mv "$disk" "$out/data.img"
