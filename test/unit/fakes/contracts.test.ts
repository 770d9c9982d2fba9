// The fakes keep the promises of the ports that they stand in for.

import { describe, it } from 'vitest'
import { backupFilesContract } from '../../contract/backup-files.contract.ts'
import { bootSlotsContract } from '../../contract/boot-slots.contract.ts'
import { clockContract } from '../../contract/clock.contract.ts'
import { controlPlaneContract } from '../../contract/control-plane.contract.ts'
import { datastoresContract } from '../../contract/datastores.contract.ts'
import { diskImagesContract } from '../../contract/disk-images.contract.ts'
import { guestAgentContract } from '../../contract/guest-agent.contract.ts'
import { hostLogsContract } from '../../contract/host-logs.contract.ts'
import { hugePagesContract } from '../../contract/huge-pages.contract.ts'
import { installerContract } from '../../contract/installer.contract.ts'
import { networkContract } from '../../contract/network.contract.ts'
import { passwordsContract } from '../../contract/passwords.contract.ts'
import { pciDevicesContract } from '../../contract/pci-devices.contract.ts'
import { randomContract } from '../../contract/random.contract.ts'
import { resourceGroupsContract } from '../../contract/resource-groups.contract.ts'
import { servicesContract } from '../../contract/services.contract.ts'
import { slotUpdatesContract } from '../../contract/slot-updates.contract.ts'
import { socketsContract } from '../../contract/sockets.contract.ts'
import { storeContract } from '../../contract/store.contract.ts'
import { supportContract } from '../../contract/support.contract.ts'
import { timekeepingContract } from '../../contract/timekeeping.contract.ts'
import { topologyContract } from '../../contract/topology.contract.ts'
import { trafficContract } from '../../contract/traffic.contract.ts'
import { HELD_BYTES, usageContract, VM } from '../../contract/usage.contract.ts'
import { usbDevicesContract } from '../../contract/usb-devices.contract.ts'
import { FakeBackupFiles } from '../../fakes/backup-files.ts'
import { FakeBootSlots, installedSlots } from '../../fakes/boot-slots.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeControlPlane } from '../../fakes/control-plane.ts'
import { FakeDiskImages } from '../../fakes/disk-images.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { FakeGuest } from '../../fakes/guest-agent.ts'
import { FakeDatastores, FakeHost } from '../../fakes/host.ts'
import { FakeHostLogs } from '../../fakes/host-logs.ts'
import { FakeHugePages } from '../../fakes/huge-pages.ts'
import { FakeInstaller } from '../../fakes/installer.ts'
import { FakeNetwork } from '../../fakes/network.ts'
import { FakePasswords } from '../../fakes/passwords.ts'
import { FakePci } from '../../fakes/pci.ts'
import { FakeRandom } from '../../fakes/random.ts'
import { FakeResourceGroups } from '../../fakes/resource-groups.ts'
import { FakeServices } from '../../fakes/services.ts'
import { FakeSockets } from '../../fakes/sockets.ts'
import { FakeStore } from '../../fakes/store.ts'
import { FakeSupport } from '../../fakes/support.ts'
import { FakeTimekeeping } from '../../fakes/timekeeping.ts'
import { FakeTraffic } from '../../fakes/traffic.ts'
import { FakeUsage } from '../../fakes/usage.ts'
import { FakeUsb, KEYBOARD } from '../../fakes/usb.ts'

describe('the store in memory', () => storeContract(() => new FakeStore()))

describe('the clock that tests move', () => {
  clockContract(() => {
    const clock = new FakeClock()
    return { clock, pass: (ms) => clock.advance(ms) }
  })
})

describe('the seeded randomness', () => randomContract(() => new FakeRandom(7)))

describe('backup files that hide nothing', () => backupFilesContract(() => new FakeBackupFiles()))

describe('the instant password hashing', () => passwordsContract(() => new FakePasswords()))

describe('the datastores of a test', () => datastoresContract((...files) => new FakeDatastores(...files)))

describe('the slots of a test', () =>
  bootSlotsContract((installed) => {
    const slots = new FakeBootSlots()
    slots.seen = installed ? installedSlots() : null
    return slots
  }))

describe('the updates of a test', () =>
  slotUpdatesContract((comes) => {
    const slots = new FakeBootSlots()
    slots.seen = installedSlots()
    const text = '{"version":"0.2.0"}'
    const manifest = { text, bytes: Uint8Array.from(text, (letter) => letter.charCodeAt(0)), signature: 'good' }
    slots.update = {
      manifest: comes === 'other' ? null : manifest,
      ...(comes === 'held' ? { middle: new Promise<void>(() => {}) } : {}),
    }
    let offered = 0
    return {
      ...{ slots, offer: () => void offered++, offered: () => offered, payload: { bytes: 100, sha256: '0'.repeat(64) } },
      damage: (slot) => void slots.damage.set(`${slot} of /dev/vda`, ['corbel/root.img']),
      leave(trial) {
        slots.left = trial
      },
      guardNote: () => slots.note,
    }
  }))

describe('the USB ports of a test', () => {
  usbDevicesContract(() => {
    const devices = new FakeUsb()
    return { devices, plug: (port) => devices.plug(port, KEYBOARD) }
  })
})

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

describe('the network of a test', () => {
  networkContract(async () => {
    let hostname = ''
    const network = new FakeNetwork((name) => {
      hostname = name
    })
    network.neighbours = (name, address) => name === 'eth0' && address === '10.0.2.2'
    return {
      ...{ network: network.direct(), again: () => network.direct(), hostname: () => hostname },
      stack: (parent, name) => `link add link ${parent} name ${name} type vlan id 7`,
    }
  })
})

describe('the log of a test', () => {
  hostLogsContract(() => {
    const logs = new FakeHostLogs()
    return { logs, add: (kind, ...texts) => logs.add(kind, ...texts), remove: (file) => logs.remove(file) }
  })
})

describe('the services of a test', () => {
  servicesContract((runs) => {
    const services = new FakeServices()
    if (!runs) services.missing.add('logd')
    return { services, startedAgain: () => Promise.resolve() }
  })
})

describe('the sockets of a test', () => {
  socketsContract(() => {
    const sockets = new FakeSockets()
    const held = sockets.hold(7)
    const socket = sockets.open.get(7)
    return {
      held,
      clientCloses: () => socket?.closedByClient(),
      isClosed: () => Promise.resolve(!sockets.open.has(7)),
      settle: () => Promise.resolve(),
    }
  })
})

describe('the installer of a test', () => {
  installerContract(({ disks, fails, takesReceipts = true }) => {
    const installer = new FakeInstaller()
    installer.disks = disks
    installer.failure = fails === undefined ? null : new FakeFailure(fails.code, fails.message)
    installer.takesReceipts = takesReceipts
    return { installer, jobs: () => installer.jobs, mirrorJobs: () => installer.mirrorJobs, receipts: () => installer.receipts }
  })
})

describe('the support of a test', () => supportContract(() => new FakeSupport()))

describe('the timekeeping of a test', () => {
  timekeepingContract(() => {
    const timekeeping = new FakeTimekeeping()
    const offer = (servers: readonly string[]) => {
      timekeeping.offers = servers
    }
    return { timekeeping, offer, told: () => timekeeping.asked }
  })
})

describe('the control plane that a test replaces', () =>
  controlPlaneContract(() => {
    const controlPlane = new FakeControlPlane()
    return {
      ...{ controlPlane, sha256: controlPlane.hash, programs: () => controlPlane.programs },
      ...{ staged: () => controlPlane.staged, undo: () => controlPlane.undo() },
    }
  }))
