// What is mounted.
import { expect, it } from 'vitest'
import { parseMountinfo } from '../../../control/src/codec/mountinfo.ts'

it('mounts are told with device and target, whatever is in their names', () => {
  const text = `37 31 254:17 / /state rw,nosuid - ext4 /dev/vdb1 rw
33 31 0:27 / /run rw,nosuid,nodev,relatime - tmpfs run rw
40 31 8:1 / /mnt/a\\040b\\134c rw shared:7 - xfs /dev/sda1 rw
`
  expect(parseMountinfo(text)).toEqual([
    { device: '254:17', target: '/state' },
    { device: '0:27', target: '/run' },
    { device: '8:1', target: '/mnt/a b\\c' },
  ])
  expect(parseMountinfo('')).toEqual([])
})
