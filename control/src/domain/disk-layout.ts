// The partitions of an installed disk: names, sizes and kinds. Names are all that things are found by.
import { DATA_PARTITION, STATE_PARTITION } from './block-disk.ts'

export const BIOS_PARTITION = 'corbel-bios'
export const ESP_PARTITION = 'corbel-esp'
export const SLOT_A_PARTITION = 'corbel-a'
export const SLOT_B_PARTITION = 'corbel-b'

export interface LayoutPartition {
  readonly name: string
  readonly startMiB: number
  readonly sizeMiB: number
  /** @source UEFI specification, section 5.3.3; Discoverable Partitions Specification */
  readonly type: string
}

const MIB = 1_048_576
const TYPES = {
  bios: '21686148-6449-6E6F-744E-656564454649',
  esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
}

/** Slots leave room for images to grow to many times their size; the state for years of events and logs. */
const FIXED = [
  { name: BIOS_PARTITION, sizeMiB: 1, type: TYPES.bios },
  { name: ESP_PARTITION, sizeMiB: 512, type: TYPES.esp },
  { name: SLOT_A_PARTITION, sizeMiB: 2048, type: TYPES.linux },
  { name: SLOT_B_PARTITION, sizeMiB: 2048, type: TYPES.linux },
  { name: STATE_PARTITION, sizeMiB: 2048, type: TYPES.linux },
]

export const LAYOUT_NAMES: readonly string[] = [...FIXED.map(({ name }) => name), DATA_PARTITION]

/** Of a disk that Corbel can be installed on: what is fixed, and a datastore of 1 GiB at least. */
export const MIN_INSTALL_BYTES = 8 * 1024 ** 3

/** For a disk of {@link MIN_INSTALL_BYTES} or more. One MiB at each end is for the partition table and its copy. */
export function layoutOf(sizeBytes: number): readonly LayoutPartition[] {
  const partitions: LayoutPartition[] = []
  let startMiB = 1
  for (const { name, sizeMiB, type } of FIXED) {
    partitions.push({ name, startMiB, sizeMiB, type })
    startMiB += sizeMiB
  }
  const sizeMiB = Math.floor(sizeBytes / MIB) - 1 - startMiB
  return [...partitions, { name: DATA_PARTITION, startMiB, sizeMiB, type: TYPES.linux }]
}

/** Whether a disk's partitions are those of an installation, so that slots and boot files can be written anew and the rest be kept. */
export function hasLayout(names: readonly (string | null)[]): boolean {
  return names.length === LAYOUT_NAMES.length && LAYOUT_NAMES.every((name, index) => names[index] === name)
}
