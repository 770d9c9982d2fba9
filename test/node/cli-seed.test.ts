// Seeds are made and checked where the operator is, by the rules of the host, and put into an image without any other program.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderFatImage } from '../../control/src/cli/fat-image.ts'
import { corbel } from './cli/program.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'corbel-seed-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))
const at = (name: string) => join(directory, name)

describe('corbel seed make', () => {
  it('prints what the options say', async () => {
    const argv = [
      'seed',
      'make',
      '--hostname=rack3',
      '--address=192.0.2.10/24',
      '--gateway=192.0.2.1',
      '--dns=192.0.2.2',
      '--adapter=52:54:00:12:34:56',
    ]
    const ran = await corbel(
      [...argv, '--keyboard', 'de', '--ssd', '--min-gib', '100', '--wipe=everything', '--then=power-off', '--password'],
      {
        input: 'a long password\n',
      },
    )
    expect(ran.exit).toBe(0)
    expect(ran.errors).toContain('It holds the password itself')
    expect(JSON.parse(ran.output)).toEqual({
      ...{ version: 1, hostname: 'rack3', keyboard: 'de', administrator: { password: 'a long password' } },
      management: {
        ...{ adapters: ['52:54:00:12:34:56'], dns: ['192.0.2.2'] },
        ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' },
      },
      // biome-ignore lint/suspicious/noThenProperty: a word of the seed
      install: { target: { minGiB: 100, ssd: true }, wipe: 'everything', then: 'power-off' },
    })
  })

  it('begins with a document, and options replace what it says', async () => {
    writeFileSync(at('base.json'), JSON.stringify({ version: 1, hostname: 'one', keyboard: 'fr' }))
    const ran = await corbel(['seed', 'make', '--from', at('base.json'), '--hostname', 'two', '--install', '--output', at('seed.json')])
    expect(ran).toMatchObject({ exit: 0, output: '' })
    expect(JSON.parse(readFileSync(at('seed.json'), 'utf8'))).toEqual({ version: 1, hostname: 'two', keyboard: 'fr', install: {} })
  })

  it('mirrors on a second disk, by the rules for the first or by its name', async () => {
    const installOf = async (...options: string[]) => {
      const made = await corbel(['seed', 'make', ...options, '--output', at('mirror.json')])
      expect(made.exit).toBe(0)
      return (JSON.parse(readFileSync(at('mirror.json'), 'utf8')) as { install: object }).install
    }
    expect(await installOf('--mirror', '--ssd')).toEqual({ target: { ssd: true }, mirror: { ssd: true } })
    expect(await installOf('--disk-serial', 'A1', '--mirror-serial', 'B2')).toEqual({ target: { serial: 'A1' }, mirror: { serial: 'B2' } })
  })

  it('refuses what the host would refuse, all of it at once, and writes nothing', async () => {
    const ran = await corbel(['seed', 'make', '--hostname=-', '--min-gib=many', '--address=300.0.0.1/24', '--output', at('seed.json')])
    expect(ran.exit).toBe(2)
    for (const field of ['hostname', 'install.target.minGiB', 'management.ipv4.address']) expect(ran.errors).toContain(field)
    expect(() => readFileSync(at('seed.json'))).toThrow()
  })
})

describe('corbel seed check', () => {
  it.each([
    ['accepts a seed', '{"version":1,"install":{}}', 0, ''],
    [
      'names what is wrong',
      '{"version":1,"install":{"wipe":"all"}}',
      2,
      'install.wipe: must be one of if-blank, datastore-kept, everything',
    ],
    ['says that it is no JSON', '{"version":1,', 2, 'seed.not-json'],
  ])('%s', async (_, text, exit, said) => {
    writeFileSync(at('seed.json'), text)
    const ran = await corbel(['seed', 'check', at('seed.json')])
    expect(ran.exit).toBe(exit)
    expect(ran.errors).toContain(said)
  })

  it('says that there is no such file', async () => {
    expect(await corbel(['seed', 'check', at('none.json')])).toMatchObject({ exit: 1 })
  })
})

describe('an image', () => {
  it('is a FAT12 floppy with label and file, whose chain ends where the file does', () => {
    const image = renderFatImage('CORBEL-SEED', { name: 'seed.json', bytes: Buffer.alloc(1300, 'seed') })
    expect(image).toHaveLength(1_474_560)
    expect(image.readUInt16LE(510)).toBe(0xaa55)
    const root = image.subarray(19 * 512)
    expect(root.toString('latin1', 0, 11)).toBe('CORBEL-SEED')
    expect(root.toString('utf16le', 32 + 1, 32 + 11)).toBe('seed.')
    expect(root.toString('utf16le', 32 + 14, 32 + 22)).toBe('json')
    expect(root.toString('latin1', 64, 75)).toBe('SEED~1  JSO')
    expect(root.readUInt32LE(64 + 28)).toBe(1300)
    // 2 → 3 → 4 → end.
    expect([...image.subarray(512, 512 + 9)]).toEqual([0xf0, 0xff, 0xff, 0x03, 0x40, 0x00, 0xff, 0x0f, 0x00])
    expect(image.subarray(512, 512 * 10).equals(image.subarray(512 * 10, 512 * 19))).toBe(true)
    expect(image.toString('latin1', 33 * 512, 33 * 512 + 4)).toBe('seed')
  })
})
