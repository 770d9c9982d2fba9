#!/bin/sh
# Makes the archive that test machines find in front of the product's initramfs: BusyBox, the agent, small helpers and the attack program.
# Reads: test/guests/probe, OUT/debian/busybox. Writes: OUT/probe.cpio. Runs in the tools tree.
# Usage: probe.sh OUT
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
tree=/tmp/tree

mkdir -p "$tree/probe"
cp "$here/probe/init" "$here/probe/agent" "$out/debian/busybox" "$tree/probe/"
chmod 755 "$tree/probe/init"
for helper in inside by-hand processes filters cookies doors; do
  gcc -std=c11 -O2 -Wall -Wextra -Werror -static -s -o "$tree/probe/$helper" "$here/probe/$helper.c"
done
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -pthread -o "$tree/probe/attack" "$here"/probe/attack*.c
(cd "$tree" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$out/probe.cpio.new"
# The product's compressed archive follows, and must begin on a boundary of four bytes.
truncate -s %512 "$out/probe.cpio.new"
mv "$out/probe.cpio.new" "$out/probe.cpio"
