// The fakes keep the promises of the ports that they stand in for.
import { describe, it } from 'vitest'
import { clockContract } from '../../contract/clock.contract.ts'
import { datastoresContract } from '../../contract/datastores.contract.ts'
import { diskImagesContract } from '../../contract/disk-images.contract.ts'
import { guestAgentContract } from '../../contract/guest-agent.contract.ts'
import { hugePagesContract } from '../../contract/huge-pages.contract.ts'
import { passwordsContract } from '../../contract/passwords.contract.ts'
import { pciDevicesContract } from '../../contract/pci-devices.contract.ts'
import { randomContract } from '../../contract/random.contract.ts'
import { resourceGroupsContract } from '../../contract/resource-groups.contract.ts'
import { storeContract } from '../../contract/store.contract.ts'
import { topologyContract } from '../../contract/topology.contract.ts'
import { trafficContract } from '../../contract/traffic.contract.ts'
import { HELD_BYTES, usageContract, VM } from '../../contract/usage.contract.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeDiskImages } from '../../fakes/disk-images.ts'
import { FakeGuest } from '../../fakes/guest-agent.ts'
import { FakeDatastores, FakeHost } from '../../fakes/host.ts'
import { FakeHugePages } from '../../fakes/huge-pages.ts'
import { FakePasswords } from '../../fakes/passwords.ts'
import { FakePci } from '../../fakes/pci.ts'
import { FakeRandom } from '../../fakes/random.ts'
import { FakeResourceGroups } from '../../fakes/resource-groups.ts'
import { FakeStore } from '../../fakes/store.ts'
import { FakeTraffic } from '../../fakes/traffic.ts'
import { FakeUsage } from '../../fakes/usage.ts'

describe('the store in memory', () => storeContract(() => new FakeStore()))

describe('the clock that tests move', () => {
  clockContract(() => {
    const clock = new FakeClock()
    return { clock, pass: (ms) => clock.advance(ms) }
  })
})

describe('the seeded randomness', () => randomContract(() => new FakeRandom(7)))

describe('the instant password hashing', () => passwordsContract(() => new FakePasswords()))

describe('the datastores of a test', () => datastoresContract((...files) => new FakeDatastores(...files)))

describe('the machine of a test', () => {
  const host = new FakeHost(new FakeClock())
  topologyContract(() => host.topology())
})

describe('the PCI devices of a test', () => it('keep the contract', () => pciDevicesContract(new FakePci().observe())))

describe('the guest of a test', () => {
  guestAgentContract(async () => {
    const guest = new FakeGuest(() => {})
    return { agent: guest.agent(() => true), guest, pass: async () => {} }
  })
})

describe('the traffic of a test', () => {
  trafficContract(() => {
    const traffic = new FakeTraffic(() => [])
    const classes = () => traffic.tree.pools.receive.map(({ minor, parent, bytesPerSecond }) => [minor, parent, bytesPerSecond] as const)
    return {
      ...{ traffic, again: () => traffic },
      classes: () => Promise.resolve(classes().length === 0 ? null : classes()),
    }
  })
})

describe('the usage of a test', () => {
  usageContract(() => {
    const usage = new FakeUsage()
    usage.vms.set('running', VM).set('ended', null)
    const traces = (id: string) => ({ id, pid: 1, nics: [{ slot: 2, device: 'vm0n2' }] })
    const { stealMicroseconds: _ofVcpus, ...cpu } = VM.cpu
    usage.groups.set('/group', { cpu, memory: VM.memory, io: VM.io, pressure: VM.pressure })
    usage.held.set('/group', HELD_BYTES)
    usage.absent.add('/group/absent')
    return { usage, running: traces('running'), cgroup: '/group', ended: traces('ended') }
  })
})

describe('the disk images of a test', () => {
  diskImagesContract(() => {
    const contents = new Map<string, number>()
    const datastores = new FakeDatastores()
    datastores.contents = contents
    const images = new FakeDiskImages(datastores)
    return {
      images,
      directory: '/datastores/local',
      names: () => [...contents.keys()].sort(),
      send(descriptor, head, sizeBytes) {
        const needsAnother = { format: 'qcow2', virtualSizeBytes: sizeBytes, refused: 'image.backing-file' } as const
        images.deliver(descriptor, {
          bytes: sizeBytes,
          // Of the one content of the contract that tells its digest.
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
          ...(head[0] === 0x51 ? { image: needsAnother } : {}),
        })
      },
      put(name, head, sizeBytes) {
        contents.set(name, sizeBytes)
        // The one head of the contract that begins as an image names another file.
        if (head[0] === 0x51)
          images.known.set(`/datastores/local/${name}`, { format: 'qcow2', virtualSizeBytes: sizeBytes, refused: 'image.backing-file' })
      },
    }
  })
})

describe('the resource groups of a test', () => {
  resourceGroupsContract(() => {
    const groups = new FakeResourceGroups()
    groups.missing.add('none.max')
    const read = (path: string) => {
      const at = path.lastIndexOf('/')
      return groups.files.get(path.slice(0, at))?.[path.slice(at + 1)] ?? null
    }
    const startIn = (path: string) => {
      groups.oomScores.set(path, 500)
      return () => groups.oomScores.get(path) ?? Number.NaN
    }
    return { groups, top: '/sys/fs/cgroup/corbel.vm', read, startIn }
  })
})

describe('the huge pages of a test', () => {
  hugePagesContract(() => {
    const pages = new FakeHugePages()
    pages.most = 8
    const count = (sizeKiB: number, node: number) => pages.aside.find((one) => one.sizeKiB === sizeKiB && one.node === node)?.found ?? 0
    return { pages, count }
  })
})
