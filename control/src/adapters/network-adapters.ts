// Physical Ethernet adapters and what is made of them, as sysfs has them. Changes nothing.
import { readDir, readText } from 'hv:fs'
import { hostBridgeOf, pciIdOf } from '../codec/pci-path.ts'
import type { Adapter } from '../domain/adapter.ts'
import { BOND_NAME, VLAN_PREFIX } from '../domain/network-state.ts'
import { linkedName, linkOrNull, namesIn, textOrNull } from './sysfs.ts'

const SYSFS = '/sys/class/net'
const ETHERNET = '1'
const PCI_FUNCTION = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/

/** Those that the kernel has found by now. */
export function listAdapters(): readonly Adapter[] {
  return readDir(SYSFS).flatMap((name): Adapter[] => {
    const base = `${SYSFS}/${name}`
    const path = linkOrNull(base) ?? ''
    const isPhysical = namesIn(`${base}/device`).length > 0 && !path.includes('/virtual/')
    if (!isPhysical || attribute(base, 'type') !== ETHERNET) return []
    const speed = Number(attribute(base, 'speed') || '-1')
    return [
      {
        name,
        // A member of a bond goes by the bond's address.
        mac: attribute(base, 'bonding_slave/perm_hwaddr') || attribute(base, 'address'),
        index: Number(attribute(base, 'ifindex')),
        hasLink: attribute(base, 'carrier') === '1',
        slot: slotOf(path),
        speedMbps: speed > 0 ? speed : null,
        driver: linkedName(`${base}/device/driver`),
      },
    ]
  })
}

/** Bonds and VLANs of ours. */
export function listMade(): readonly string[] {
  return namesIn(SYSFS).filter((name) => name === BOND_NAME || name.startsWith(VLAN_PREFIX))
}

export function hasLink(name: string): boolean {
  return attribute(`${SYSFS}/${name}`, 'carrier') === '1'
}

/** Many cannot be read while the adapter is down. */
function attribute(base: string, name: string): string {
  try {
    return readText(`${base}/${name}`).trim()
  } catch {
    return ''
  }
}

/** `…/pci0000:00/0000:00:03.0/virtio0/net/eth0` is in the function `0000:00:03.0`. */
function slotOf(path: string): string | null {
  const parts = path.split('/')
  const last = parts.findLastIndex((part) => PCI_FUNCTION.test(part))
  const bridge = hostBridgeOf(path)
  if (last < 0 || bridge === null) return null
  return pciIdOf(parts.slice(0, last + 1).join('/'), textOrNull(`/sys/devices/${bridge}/firmware_node/path`)?.trim() ?? null)
}
