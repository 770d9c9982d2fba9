#!/bin/sh
# Makes the smallest guest: the Debian disk's kernel and an initramfs of BusyBox that says what it runs on.
# Reads: OUT/debian. Writes: OUT/hello.vmlinuz, OUT/hello.initrd. Runs in the tools tree.
# Usage: hello.sh OUT
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
tree=/tmp/tree

mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys"
cp "$out/debian/busybox" "$tree/bin/"
cp "$out"/debian/*.ko "$tree/"
cp "$here/hello-init" "$tree/init"
(cd "$tree" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$out/hello.initrd"
cp "$out/debian/vmlinuz" "$out/hello.vmlinuz"
