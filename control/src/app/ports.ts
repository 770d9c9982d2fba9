// Everything that the use cases need from outside.

import type { BackupFiles } from '../ports/backup-files.ts'
import type { BootSlots, SelfTest, UpdateTrust } from '../ports/boot-slots.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { ControlPlane } from '../ports/control-plane.ts'
import type { DiskImages } from '../ports/disk-images.ts'
import type { Datastores, Host } from '../ports/host.ts'
import type { HostLogs } from '../ports/host-logs.ts'
import type { HugePages } from '../ports/huge-pages.ts'
import type { Installer } from '../ports/installer.ts'
import type { Keyboard } from '../ports/keyboard.ts'
import type { Log } from '../ports/log.ts'
import type { LogCollector } from '../ports/log-collector.ts'
import type { Mirrors } from '../ports/mirrors.ts'
import type { Network } from '../ports/network.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { PciDevices } from '../ports/pci-devices.ts'
import type { ResourceGroups } from '../ports/resource-groups.ts'
import type { Services } from '../ports/services.ts'
import type { Sockets } from '../ports/sockets.ts'
import type { SpecCopies } from '../ports/spec-copies.ts'
import type { StateCare } from '../ports/state-care.ts'
import type { Store } from '../ports/store.ts'
import type { SupportTools } from '../ports/support.ts'
import type { Timekeeping } from '../ports/timekeeping.ts'
import type { Traffic } from '../ports/traffic.ts'
import type { UpdateMedia } from '../ports/update-media.ts'
import type { Usage } from '../ports/usage.ts'
import type { UsbDevices } from '../ports/usb-devices.ts'
import type { VmHost } from '../ports/vm-host.ts'
import type { WebFiles } from '../ports/web-files.ts'

export interface AppPorts {
  readonly store: Store
  readonly vmHost: VmHost
  readonly host: Host
  readonly network: Network
  readonly pciDevices: PciDevices
  readonly usage: Usage
  readonly usbDevices: UsbDevices
  readonly datastores: Datastores
  readonly specCopies: SpecCopies
  readonly stateCare: StateCare
  readonly diskImages: DiskImages
  readonly resourceGroups: ResourceGroups
  readonly hugePages: HugePages
  readonly traffic: Traffic
  readonly passwords: Passwords
  readonly hostLogs: HostLogs
  readonly services: Services
  readonly installer: Installer
  readonly backupFiles: BackupFiles
  readonly bootSlots: BootSlots
  readonly controlPlane: ControlPlane
  readonly updateTrust: UpdateTrust
  readonly selfTest: SelfTest
  readonly keyboard: Keyboard
  readonly mirrors: Mirrors
  readonly timekeeping: Timekeeping
  readonly support: SupportTools
  readonly sockets: Sockets
  readonly clock: Clock
  readonly random: Random
  readonly logCollector: LogCollector
  readonly webFiles: WebFiles
  readonly updateMedia: UpdateMedia
  readonly log: Log
}
