// Everything that the use cases need from outside.
import type { Clock, Random } from '../ports/clock.ts'
import type { DiskImages } from '../ports/disk-images.ts'
import type { Datastores, Host } from '../ports/host.ts'
import type { HugePages } from '../ports/huge-pages.ts'
import type { Log } from '../ports/log.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { PciDevices } from '../ports/pci-devices.ts'
import type { ResourceGroups } from '../ports/resource-groups.ts'
import type { Store } from '../ports/store.ts'
import type { Traffic } from '../ports/traffic.ts'
import type { Usage } from '../ports/usage.ts'
import type { VmHost } from '../ports/vm-host.ts'

export interface AppPorts {
  readonly store: Store
  readonly vmHost: VmHost
  readonly host: Host
  readonly pciDevices: PciDevices
  readonly usage: Usage
  readonly datastores: Datastores
  readonly diskImages: DiskImages
  readonly resourceGroups: ResourceGroups
  readonly hugePages: HugePages
  readonly traffic: Traffic
  readonly passwords: Passwords
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
