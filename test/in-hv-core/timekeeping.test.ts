// The time client's files, in a mount namespace of this program's own: what is promised, and when the client reads them anew.
import { mkdir, mount, readText, statOrNull, unmount, writeFileAtomic } from 'hv:fs'
import { confine } from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeNameServers } from '../../control/src/adapters/name-servers.ts'
import { createTimekeeping, TIME_DIRECTORY } from '../../control/src/adapters/timekeeping.ts'
import { timekeepingContract } from '../contract/timekeeping.contract.ts'

const LEASES = '/run/corbel/lease'
const CONFIGURATION = `${TIME_DIRECTORY}/chrony.conf`
const RESOLVERS = `${TIME_DIRECTORY}/resolv.conf`

confine({ namespaces: ['mount'] })
beforeEach(() => mount('tmpfs', '/run', 'tmpfs', [], ''))
afterEach(() => unmount('/run'))

/** Servers that the client finds when it is started again, which it is at its end. */
function make() {
  const told: (readonly string[])[] = []
  const services = {
    observe: () => ({ pid: null, startedAtSeconds: null, restarts: 0 }),
    end(name: string) {
      expect(name).toBe('chrony-launch')
      told.push([...readText(CONFIGURATION).matchAll(/^server (\S+) iburst$/gm)].map(([, server]) => server ?? ''))
    },
  }
  return {
    timekeeping: createTimekeeping(services),
    told: () => told,
    offer(servers: readonly string[]) {
      mkdir(LEASES, { recursive: true })
      writeFileAtomic(`${LEASES}/eth0.env`, `ADDRESS=10.0.0.9/24\nDNS=10.0.0.3\nNTP=${servers.join(' ')}\n`)
    },
  }
}

timekeepingContract(make)

describe('the files of the time client', () => {
  it('name the name servers of the settings, or else those of the lease', () => {
    const { timekeeping, offer } = make()
    offer([])
    timekeeping.ask(['time.example.com'])
    expect(readText(RESOLVERS)).toBe('nameserver 10.0.0.3\n')
    writeNameServers(['10.0.0.4'], [])
    timekeeping.ask(['time.example.com'])
    expect(readText(RESOLVERS)).toBe('nameserver 10.0.0.4\n')
  })

  it('are read anew when another name server is to be asked, and not while nobody is', () => {
    const { timekeeping, told } = make()
    timekeeping.ask(['time.example.com'])
    writeNameServers(['10.0.0.4'], [])
    timekeeping.ask(['time.example.com'])
    expect(told()).toHaveLength(2)
    timekeeping.ask([])
    writeNameServers(['10.0.0.5'], [])
    timekeeping.ask([])
    expect(told()).toHaveLength(3)
  })

  it('are not made for nothing', () => {
    make().timekeeping.ask([])
    expect(statOrNull(CONFIGURATION)).toBeNull()
  })
})
