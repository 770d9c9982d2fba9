// A root image that is not the one whose hash the kernel was told is never run.
import { closeSync, copyFileSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findInIso } from '../harness/iso-file.ts'
import { freshLogDirectory, iso } from '../harness/paths.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'

/** A copy of the ISO with one bit of its root image turned over, `offset` bytes into it. */
function damagedIso(directory: string, offset: number): string {
  const file = join(directory, 'damaged.iso')
  copyFileSync(iso, file)
  const { start } = findInIso(file, ['corbel', 'root.img'])
  const fd = openSync(file, 'r+')
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, start + offset)
  byte.writeUInt8(byte.readUInt8() ^ 0x10)
  writeSync(fd, byte, 0, 1, start + offset)
  closeSync(fd)
  return file
}

it('one flipped bit in the root image: no boot into it, the machine restarts, and nobody gets a shell', async () => {
  const damaged = damagedIso(freshLogDirectory('integrity'), 1024)
  try {
    await withAppliance({ name: 'integrity/boot', iso: damaged, noReboot: true }, async ({ machine, api, patience }) => {
      // With -no-reboot the restart ends QEMU.
      await until('end of the machine', () => machine.ended, { timeoutMs: patience(30_000) })
      const printed = machine.console.text
      expect(printed).toMatch(/Restarting system with command 'dm-verity device corrupted'|corbel: cannot start: the root image/)
      expect(printed).not.toMatch(/https:\/\//)
      expect(printed).not.toMatch(/^[/~]? ?# ?$|built-in shell|\(initramfs\)|login:/m)
      await expect(api.request('GET', '/v1/health')).rejects.toThrow()
    })
  } finally {
    rmSync(damaged)
  }
})
