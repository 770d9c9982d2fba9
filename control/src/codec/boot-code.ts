// GRUB's two pieces of code for BIOS, told where on the disk the second one lies. Nothing else of them is changed.

const SECTOR = 512
/** Of the first sector the partition table and its signature follow; a protective table is already there. */
const BOOT_CODE_BYTES = 440
/** Where the first piece keeps the sector of the second. @source grub-core/boot/i386/pc/boot.S, GRUB_BOOT_MACHINE_KERNEL_SECTOR */
const KERNEL_SECTOR = 0x5c
/** A jump by which it trusts the drive that the BIOS names; two no-operations in its place. @source util/setup.c, "boot_drive_check" */
const DRIVE_CHECK = 0x66
/** Where the second piece keeps the sector of its rest. @source grub-core/boot/i386/pc/diskboot.S, blocklist_default_start */
const BLOCKLIST = 0x1f4

function putSector(bytes: Uint8Array, at: number, sector: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setBigUint64(at, BigInt(sector), true)
}

/** The bytes that go to the beginning of the disk; null when `boot` does not begin as GRUB's does, with a short jump. */
export function patchBootSector(boot: Uint8Array, coreSector: number): Uint8Array | null {
  if (boot.length < BOOT_CODE_BYTES || boot[0] !== 0xeb) return null
  const patched = boot.slice(0, BOOT_CODE_BYTES)
  putSector(patched, KERNEL_SECTOR, coreSector)
  patched.fill(0x90, DRIVE_CHECK, DRIVE_CHECK + 2)
  return patched
}

/** What goes to `coreSector` on; null when it is too short to be one. */
export function patchCore(core: Uint8Array, coreSector: number): Uint8Array | null {
  if (core.length <= SECTOR) return null
  const patched = core.slice()
  putSector(patched, BLOCKLIST, coreSector + 1)
  return patched
}
