// The name under which a disk appears in /dev/disk/by-path on other systems, from where sysfs has it. The appliance has no udev.

/** Null for disks that are plugged in nowhere, or somewhere this does not know. @source systemd src/udev/udev-builtin-path_id.c */
export function byPathName(sysfsPath: string): string | null {
  const parts = sysfsPath.split('/')
  const bus = parts.findLast((part) => /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part))
  if (bus === undefined) return null
  const below = parts.slice(parts.lastIndexOf(bus) + 1)
  const tail = below.map((part, index) => stepName(part, below, index)).filter((part) => part !== null)
  // NVMe disks are not below a folder `block`.
  if (!below.includes('block') && !below.includes('nvme')) return null
  return [`pci-${bus}`, ...tail].join('-')
}

function stepName(part: string, below: readonly string[], index: number): string | null {
  const ata = /^ata(\d+)$/.exec(part)
  if (ata !== null) return `ata-${ata[1]}`
  const usb = /^\d+-(\d+(?:\.\d+)*):(\d+\.\d+)$/.exec(part)
  if (usb !== null) return `usb-0:${usb[1]}:${usb[2]}`
  const scsi = /^\d+:(\d+):(\d+):(\d+)$/.exec(part)
  // Behind ATA the port says it all; elsewhere the host's number, which depends on the order of discovery, counts as 0.
  if (scsi !== null) return below.some((other) => /^ata\d+$/.test(other)) ? null : `scsi-0:${scsi[1]}:${scsi[2]}:${scsi[3]}`
  const namespace = /^nvme\d+(?:c\d+)?n(\d+)$/.exec(part)
  return namespace !== null && index === below.length - 1 ? `nvme-${namespace[1]}` : null
}
