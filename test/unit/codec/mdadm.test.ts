// Superblocks of arrays, as mdadm tells of them.
import { describe, expect, it } from 'vitest'
import { parseSuperblock } from '../../../control/src/codec/mdadm.ts'

const text = (more: Readonly<Record<string, string>> = {}) =>
  Object.entries({
    ...{ Magic: 'a92b4efc', Version: '1.2', 'Feature Map': '0x1', 'Array UUID': '0a1b2c3d:11111111:22222222:33333333' },
    ...{ Name: 'any:corbel-state', 'Creation Time': 'Sat Nov 28 07:00:00 2026', 'Raid Level': 'raid1', 'Raid Devices': '2' },
    ...{ State: 'clean', 'Device UUID': '99999999:11111111:22222222:33333333', Checksum: '1a2b - correct', Events: '17' },
    ...{ 'Device Role': 'Active device 0', 'Array State': "AA ('A' == active, '.' == missing, 'R' == replacing)" },
    ...more,
  })
    .map(([name, value]) => `${name.padStart(15)} : ${value}`)
    .join('\n')

describe('a superblock', () => {
  it('tells of the array, its name without the host’s, and how many copies it is to have', () => {
    const told = { uuid: '0a1b2c3d:11111111:22222222:33333333', name: 'corbel-state', copies: 2, events: 17, ranAlone: false }
    expect(parseSuperblock(`/dev/vda5:\n${text()}\n`)).toEqual(told)
  })

  it('names an array of this host with a word behind it', () => {
    expect(parseSuperblock(text({ Name: 'rack3:corbel-data  (local to host rack3)' }))?.name).toBe('corbel-data')
  })

  it.each([
    ["A. ('A' == active", true],
    [".A ('A' == active", true],
    ["AA ('A' == active", false],
  ])('with the state %s ran alone: %s', (state, ranAlone) => {
    expect(parseSuperblock(text({ 'Array State': state }))?.ranAlone).toBe(ranAlone)
  })

  it.each([
    ['nothing', ''],
    ['what is no array', 'mdadm: No md superblock detected on /dev/vda5.'],
    ['another level', text({ 'Raid Level': 'raid5' })],
    ['a UUID that is none', text({ 'Array UUID': 'none' })],
    ['events that are no number', text({ Events: '1.5' })],
  ])('is none of %s', (_, said) => {
    expect(parseSuperblock(said)).toBeNull()
  })
})
