// The ISO as it was built: its boot records, its GRUB configuration, and that all of it belongs to one root image.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTools } from '../harness/in-tools.ts'
import { imageFile, iso } from '../harness/paths.ts'
import { freshDirectory, readVerity, sha256 } from './tools.ts'

let tree = ''
const read = (path: string) => readFileSync(join(tree, path), 'utf8')

beforeAll(() => {
  tree = freshDirectory('iso')
  inTools('xorriso', '-osirrox', 'on', '-indev', iso, '-extract', '/', tree)
  // What UEFI firmware starts lies in a FAT of its own.
  inTools('xorriso', '-osirrox', 'on', '-indev', iso, '-extract_boot_images', join(tree, 'boot-images'))
  inTools('mcopy', '-s', '-i', join(tree, 'boot-images/eltorito_img2_uefi.img'), '::EFI', tree)
})

describe('the ISO', () => {
  const verity = readVerity(imageFile('root.verity.json'))

  it('is under 100 MB', () => {
    expect(statSync(iso).size).toBeLessThan(100_000_000)
  })

  it('is labelled CORBEL', () => {
    expect(inTools('xorriso', '-indev', iso, '-pvd_info')).toMatch(/^Volume Id\s*: CORBEL$/m)
  })

  it('boots by BIOS and UEFI from CD', () => {
    const report = inTools('xorriso', '-indev', iso, '-report_el_torito', 'plain')
    expect(report).toMatch(/^El Torito boot img :\s+1\s+BIOS\s+y\s+none/m)
    expect(report).toMatch(/^El Torito boot img :\s+2\s+UEFI\s+y\s+none/m)
  })

  it('boots by BIOS and UEFI from a disk', () => {
    const report = inTools('xorriso', '-indev', iso, '-report_system_area', 'plain')
    expect(report).toMatch(/grub2-mbr/)
    expect(report).toMatch(/28732ac11ff8d211ba4b00a0c93ec93b/) // GPT type of an EFI system partition
  })

  it('holds the very image that was built', () => {
    for (const [path, name] of [
      ['corbel/root.img', 'root.img'],
      ['corbel/root.verity.json', 'root.verity.json'],
      ['boot/vmlinuz', 'vmlinuz'],
      ['boot/initrd', 'initrd'],
    ] as const) {
      expect(sha256(join(tree, path))).toBe(sha256(imageFile(name)))
    }
  })

  it('tells the kernel the root hash of its image', () => {
    const { rootHash, salt, dataBlocks } = verity
    expect(read('boot/grub/grub.cfg')).toContain(` corbel.root=${rootHash}:${salt}:${dataBlocks}\n`)
    expect(readFileSync(imageFile('cmdline'), 'utf8')).toContain(`corbel.root=${rootHash}:${salt}:${dataBlocks}`)
  })

  it('has a kernel, a GRUB and a shim that are signed', () => {
    const signer = (path: string) => inTools('sbverify', '--list', path)
    expect(signer(join(tree, 'boot/vmlinuz'))).toMatch(/CN=Debian Secure Boot Signer/)
    expect(signer(join(tree, 'EFI/BOOT/grubx64.efi'))).toMatch(/CN=Debian Secure Boot Signer/)
    expect(signer(join(tree, 'EFI/BOOT/BOOTX64.EFI'))).toMatch(/CN=Microsoft/)
  })
})

describe('what it installs', () => {
  it('is GRUB’s two pieces for BIOS, and an ESP of 512 MiB that is cut after what is in use', () => {
    expect(statSync(join(tree, 'corbel/boot/boot.img')).size).toBe(512)
    expect(statSync(join(tree, 'corbel/boot/core.img')).size).toBeLessThan(1_048_576)
    const esp = join(tree, 'corbel/boot/esp.img')
    expect(statSync(esp).size).toBeLessThan(12 * 1_048_576)
    const image = readFileSync(esp)
    // Down to a whole track.
    expect(512 * 1_048_576 - image.readUInt32LE(32) * 512).toBeLessThan(63 * 512)
    expect(image.toString('latin1', 82, 87)).toBe('FAT32')
  })

  it('begins with slot a good and slot b empty, in the first sector of a block of 1,024 bytes', () => {
    const esp = join(tree, 'corbel/boot/esp.img')
    inTools('mcopy', '-n', '-i', esp, '::EFI/debian/grubenv', '::EFI/debian/grub.cfg', tree)
    const block = read('grubenv')
    expect(block).toHaveLength(1024)
    expect(block.slice(0, 512).trimEnd().split('\n').slice(0, 7)).toEqual([
      ...['# GRUB Environment Block', 'order=a b', 'a_tries=3', 'a_state=good', 'b_tries=0', 'b_state=empty', 'once='],
    ])
    expect(read('grub.cfg')).toContain('set superusers="nobody"')
  })

  it('finds the kernel’s command line in its slot', () => {
    expect(read('corbel/slot.cfg')).toBe(`set corbel_command_line="${readFileSync(imageFile('cmdline'), 'utf8').trim()}"\n`)
  })
})

describe('its GRUB', () => {
  const commands = () =>
    read('boot/grub/grub.cfg')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith('#'))

  it('asks for a superuser whom nobody can be', () => {
    expect(commands()).toContain('set superusers="nobody"')
    expect(commands().filter((line) => /^password/.test(line))).toEqual([])
  })

  it('runs from the medium unless something else is chosen within three seconds', () => {
    expect(commands()).toEqual(expect.arrayContaining(['set timeout=3', 'set timeout_style=menu', 'set default=0']))
  })

  it('lets every entry start unasked: running, installing, restarting', () => {
    const entries = commands().filter((line) => /^(menuentry|submenu)/.test(line))
    expect(entries.map((line) => /^menuentry "(?:Corbel \S+: )?(\w+).*" --unrestricted \{$/.exec(line)?.[1])).toEqual([
      'run',
      'install',
      'Restart',
    ])
    expect(commands().filter((line) => line.endsWith(' corbel.install=ask'))).toHaveLength(1)
  })

  it('gives the kernel no way to the debug keys or a shell', () => {
    const [line = ''] = commands().filter((command) => command.startsWith('linux '))
    expect(line).toMatch(/ panic=5 /)
    expect(line).toMatch(/ console=tty0 console=ttyS0,115200 /)
    expect(line).not.toMatch(/sysrq|init=|single|rescue|emergency|break|nomodeset/)
  })
})
