// The signed ISO as it was built: who signed what, whom its shim trusts, and that GRUB and the signed image mean the same by a number.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTools } from '../harness/in-tools.ts'
import { imageFile, repository, signedIso } from '../harness/paths.ts'
import { freshDirectory, readList, readVerity } from './tools.ts'

let tree = ''
const signers = (path: string) => [...inTools('sbverify', '--list', join(tree, path)).matchAll(/ - subject: (.*)/g)].map(([, name]) => name)
const own = [expect.stringMatching(/CN\s*=\s*Corbel development/)]

beforeAll(() => {
  tree = freshDirectory('signed')
  inTools('xorriso', '-osirrox', 'on', '-indev', signedIso, '-extract', '/boot/corbel.efi', join(tree, 'corbel.efi'))
  inTools('xorriso', '-osirrox', 'on', '-indev', signedIso, '-extract', '/corbel/boot/esp.img', join(tree, 'esp.img'))
  inTools('xorriso', '-osirrox', 'on', '-indev', signedIso, '-extract_boot_images', join(tree, 'boot-images'))
  inTools('mcopy', '-s', '-i', join(tree, 'boot-images/eltorito_img2_uefi.img'), '::EFI', join(tree, 'medium'))
  inTools('mcopy', '-s', '-i', join(tree, 'esp.img'), '::EFI', join(tree, 'disk'))
})

/** The entries of the signed image, in the order in which they are counted: name and command line. */
function profilesOfImage(): { name: string; line: string }[] {
  const text = inTools('ukify', 'inspect', join(tree, 'corbel.efi'))
  const names = [...text.matchAll(/^ +ID=(\S+)$/gm)].map(([, name = '']) => name).filter((name) => name !== 'corbel')
  const lines = [...text.matchAll(/^ +(corbel\.media=.*)$/gm)].map(([, line = '']) => line)
  return names.map((name, n) => ({ name, line: lines[n] ?? '' }))
}

describe('the signed ISO', () => {
  it.each(['corbel.efi', 'medium/BOOT/BOOTX64.EFI', 'medium/BOOT/grubx64.efi', 'disk/BOOT/BOOTX64.EFI', 'disk/BOOT/grubx64.efi'])(
    'has %s signed with own keys alone',
    (path) => {
      expect(signers(path)).toEqual(own)
    },
  )

  it('has a shim that trusts no key by itself', () => {
    const headers = inTools('objdump', '-h', join(tree, 'disk/BOOT/BOOTX64.EFI'))
    const at = Number.parseInt(/ \.vendor_cert +(?:[0-9a-f]+ +){3}([0-9a-f]+)/.exec(headers)?.[1] ?? '', 16)
    const shim = readFileSync(join(tree, 'disk/BOOT/BOOTX64.EFI'))
    expect(shim.readUInt32LE(at)).toBe(0)
    // What is refused for ever still is.
    expect(shim.readUInt32LE(at + 4)).toBeGreaterThan(0)
  })

  it('carries the certificate to be enrolled', () => {
    expect(inTools('openssl', 'x509', '-inform', 'DER', '-noout', '-subject', '-in', join(tree, 'medium/corbel.cer'))).toMatch(/Corbel/)
  })
})

describe('its signed image', () => {
  it('has the profiles of the list in their order, each with the root hash and no word more', () => {
    const { rootHash, salt, dataBlocks } = readVerity(imageFile('root.verity.json'))
    const line = readFileSync(imageFile('cmdline'), 'utf8').trim()
    expect(line).toContain(`corbel.root=${rootHash}:${salt}:${dataBlocks}`)
    const listed = readList('image/iso/profiles').map((entry) => entry.split(/\s+/))
    expect(profilesOfImage()).toEqual(listed.map(([name, ...words]) => ({ name, line: [line, ...words].join(' ') })))
  })
})

describe('GRUB asks the signed image', () => {
  const listed = readList('image/iso/profiles').map((entry) => entry.split(/\s+/).slice(1).join(' '))
  const read = (name: string) => readFileSync(join(repository, 'image/iso', name), 'utf8')

  it('of a disk, for the slot and the word that the entry names', () => {
    const asked = [...read('installed.cfg.in').matchAll(/"\$1\$2" = ([ab])(\S*) \]; then start_signed (\d)/g)]
    expect(asked).toHaveLength(6)
    for (const [, slot = '', word = '', number = ''] of asked) expect(listed[Number(number)]).toBe(`corbel.slot=${slot} ${word}`.trim())
  })

  it('of the medium, for what the unsigned way would say', () => {
    const asked = [...read('grub.cfg.in').matchAll(/corbel\.efi @(\d)\n[^}]*?@COMMAND_LINE@(.*)\n/g)]
    expect(asked.map(([, number = '', words = '']) => [listed[Number(number)], words.trim()])).toEqual([
      ['', ''],
      ['corbel.install=ask', 'corbel.install=ask'],
    ])
  })
})
