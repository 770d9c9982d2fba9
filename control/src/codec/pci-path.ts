// Makes the lasting name of a PCI function of where sysfs has it. Text alone.

const FUNCTION = /^[0-9a-f]{4,8}:[0-9a-f]{2}:([0-9a-f]{2}\.[0-7])$/
const ROOT = /^pci([0-9a-f]{4,8}:[0-9a-f]{2})$/

/**
 * Of `…/devices/pci0000:00/0000:00:1c.0/0000:03:00.0` and the host bridge's name `\_SB_.PCI0` it is `PCI0-1c.0-00.0`. Firmware numbers buses by what it finds behind
 * bridges, so they are left out; a host bridge that ACPI does not name (`firmwarePath` null) goes by its own domain and bus, `0000.00`. Null for what is no PCI function.
 * @source Linux Documentation/ABI/testing/sysfs-bus-pci; ACPI 6.5, 5.3 (names in the namespace)
 */
export function pciIdOf(sysfsPath: string, firmwarePath: string | null): string | null {
  const parts = sysfsPath.split('/')
  const first = parts.findIndex((part) => ROOT.test(part))
  const root = ROOT.exec(parts[first] ?? '')?.[1]
  if (root === undefined) return null
  const functions = parts.slice(first + 1).map((part) => FUNCTION.exec(part)?.[1])
  if (functions.length === 0 || functions.includes(undefined)) return null
  return [nameOfBridge(firmwarePath) ?? root.replace(':', '.'), ...functions].join('-')
}

/** The part of the sysfs path that is a host bridge: `pci0000:00`. */
export function hostBridgeOf(sysfsPath: string): string | null {
  return sysfsPath.split('/').find((part) => ROOT.test(part)) ?? null
}

/** The address of the PCI function nearest above a device in sysfs, or null: `…/0000:03:00.0/net/eth0` is of `0000:03:00.0`. */
export function functionAbove(sysfsPath: string): string | null {
  return sysfsPath.split('/').findLast((part) => FUNCTION.test(part)) ?? null
}

/** `\_SB_.PC00` is `PC00`; below the root of all buses, `_SB_`, it is left out. */
function nameOfBridge(firmwarePath: string | null): string | null {
  const name = (firmwarePath ?? '').replace(/^\\/, '').replace(/^_SB_\./, '')
  return /^[A-Z0-9_.]{1,64}$/.test(name) ? name : null
}
