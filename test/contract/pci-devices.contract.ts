// What holds of any host's PCI devices, whoever tells of them.
import { expect } from 'vitest'
import type { SeenDevice } from '../../control/src/domain/pci-device.ts'

export function pciDevicesContract(devices: readonly SeenDevice[]): void {
  expect(devices.length).toBeGreaterThan(0)
  const distinct = (values: readonly string[]) => new Set(values).size
  expect(distinct(devices.map(({ id }) => id))).toBe(devices.length)
  expect(distinct(devices.map(({ address }) => address))).toBe(devices.length)
  for (const { id, address, sriov, serial, iommuGroup } of devices) {
    expect(id).toMatch(/^[A-Za-z0-9_.]+(-[0-9a-f]{2}\.[0-7])+(-vf\d+)?$/)
    // No bus number is in it: device and function of its own, or those of its physical function.
    const physical = sriov?.physicalFunction ?? null
    expect(id.replace(/-vf\d+$/, '').endsWith((physical ?? address).slice(-4))).toBe(true)
    expect(id.includes('-vf')).toBe(physical !== null)
    const owner = devices.find((one) => one.address === physical)
    if (physical !== null) expect(owner).toBeDefined()
    if (owner !== undefined) expect([serial, id.startsWith(`${owner.id}-vf`)]).toEqual([owner.serial, true])
    if (iommuGroup !== null) expect(iommuGroup).toBeGreaterThanOrEqual(0)
  }
  // A host that could be taken apart altogether would tell nobody of it.
  expect(devices.some(({ uses }) => uses.length > 0)).toBe(true)
}
