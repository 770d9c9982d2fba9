// Traffic over the real kernel, in a network namespace of this program's own: what is promised, and what is told of a kernel that refuses.
import { mount } from 'hv:fs'
import { confine, run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { createTraffic } from '../../control/src/adapters/traffic.ts'
import { trafficContract } from '../contract/traffic.contract.ts'

confine({ namespaces: ['net', 'mount'] })
// What is seen of devices there is what was mounted there.
mount('sysfs', '/sys', 'sysfs', [], '')

async function output(...argv: string[]): Promise<string | null> {
  const { code, stdout } = await run({ argv })
  return code === 0 ? decodeUtf8(stdout) : null
}

const number = (handle: string | undefined) => Number.parseInt(handle?.split(':')[1] || '0', 16)

trafficContract(() => ({
  traffic: createTraffic(),
  again: createTraffic,
  async classes() {
    if ((await output('/usr/bin/ip', 'link', 'show', 'dev', 'corbel-rx')) === null) return null
    const text = await output('/usr/sbin/tc', '-j', 'class', 'show', 'dev', 'corbel-rx')
    const found = JSON.parse(text || '[]') as readonly { readonly handle: string; readonly parent?: string; readonly ceil: number }[]
    return found.map(({ handle, parent, ceil }) => [number(handle), number(parent), ceil] as const).sort(([a], [b]) => a - b)
  },
}))

describe('what the kernel refuses', () => {
  it('is told in its words, and done when it does so no more', async () => {
    const traffic = createTraffic()
    const chain = (depth: number) => {
      const receive = Array.from({ length: depth }, (_, above) => ({
        minor: above + 1,
        parent: above,
        bytesPerSecond: 70_000,
        burstBytes: 8192,
      }))
      return { pools: { receive, transmit: [] }, nics: [] }
    }
    expect(await traffic.arrange(chain(9))).toEqual([expect.stringMatching(/^tc: /)])
    expect(await traffic.arrange(chain(8))).toEqual([])
    expect(await traffic.arrange(chain(0))).toEqual([])
    expect(await output('/usr/bin/ip', 'link', 'show', 'dev', 'corbel-rx')).toBeNull()
  })
})
