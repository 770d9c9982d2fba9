// Makes a blank disk Corbel's: two file systems and the partition table that shows them. A power cut at any point leaves it blank or marked.
import { sync } from 'hv:system'
import { DATA_PARTITION, STATE_PARTITION } from '../domain/block-disk.ts'
import { writeMark } from './disk-content.ts'
import { makeExt4 } from './ext4.ts'
import { runTool } from './run-tool.ts'

const MIB = 1_048_576
const STATE_MIB = 512

/**
 * The mark goes first and comes off last, so whatever lies between is redone. File systems are made before the table exists:
 * what the table names is then always whole.
 */
export async function prepareDisk(device: string, sizeBytes: number): Promise<void> {
  // One MiB at each end: the first for table and mark, the last for the table's copy.
  const dataMiB = Math.floor(sizeBytes / MIB) - 2 - STATE_MIB
  await writeMark(device, true)
  // The state gets a small journal; a datastore has few and large files, hence few inodes and nothing kept for root.
  await makeExt4(device, { label: STATE_PARTITION, offsetMiB: 1, sizeMiB: STATE_MIB, options: ['-m', '1', '-J', 'size=16'] })
  await makeExt4(device, { label: DATA_PARTITION, offsetMiB: 1 + STATE_MIB, sizeMiB: dataMiB, options: ['-m', '0', '-i', String(MIB)] })
  sync()
  const table = [
    'label: gpt',
    `start=1MiB, size=${STATE_MIB}MiB, name="${STATE_PARTITION}"`,
    `start=${1 + STATE_MIB}MiB, size=${dataMiB}MiB, name="${DATA_PARTITION}"`,
    '',
  ].join('\n')
  await runTool(['/usr/sbin/sfdisk', '--quiet', '--wipe', 'always', '--wipe-partitions', 'never', device], { stdin: table })
  await writeMark(device, false)
}
