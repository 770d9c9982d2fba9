// An image of a small FAT file system with one file in its root, as a stick or a virtual floppy: enough for a seed, without any program to make it.

const SECTOR = 512
/** Of a floppy disk of 1.44 MB, which everything can read. @source Microsoft FAT specification, sections 3 and 6 */
const SECTORS = 2880
const FATS = 2
const FAT_SECTORS = 9
const ROOT_ENTRIES = 224
const ROOT_SECTOR = 1 + FATS * FAT_SECTORS
const DATA_SECTOR = ROOT_SECTOR + (ROOT_ENTRIES * 32) / SECTOR
const MEDIA = 0xf0
const ENTRY = 32
/** Where an entry of a long name has its characters. @source Microsoft FAT specification, section 7 */
const LONG_NAME_AT = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]

export interface FatFile {
  /** At most 13 ASCII characters. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** `label` has at most 11 characters; the file has to fit into 1.4 MB. The same input gives the same bytes. */
export function renderFatImage(label: string, { name, bytes }: FatFile): Buffer {
  const image = Buffer.alloc(SECTORS * SECTOR)
  writeBootSector(image, label)
  const clusters = Math.max(1, Math.ceil(bytes.length / SECTOR))
  for (let copy = 0; copy < FATS; copy++) writeFat(image.subarray((1 + copy * FAT_SECTORS) * SECTOR), clusters)
  const root = image.subarray(ROOT_SECTOR * SECTOR)
  root.write(label.padEnd(11), 0, 'latin1')
  root[11] = 0x08
  const short = shortNameOf(name)
  writeLongName(root.subarray(ENTRY), name, checksumOf(short))
  const entry = root.subarray(2 * ENTRY)
  entry.write(short, 0, 'latin1')
  entry[11] = 0x20
  // 1 January 1980, the first day that there is.
  entry.writeUInt16LE(0x21, 24)
  entry.writeUInt16LE(2, 26)
  entry.writeUInt32LE(bytes.length, 28)
  image.set(bytes, DATA_SECTOR * SECTOR)
  return image
}

/** For what knows no long names: `SEED~1  JSO`. */
function shortNameOf(name: string): string {
  const [base = '', extension = ''] = name.toUpperCase().split('.')
  return `${base.slice(0, 6)}~1`.padEnd(8) + extension.slice(0, 3).padEnd(3)
}

function checksumOf(short: string): number {
  return [...short].reduce((sum, char) => (((sum & 1) << 7) + (sum >> 1) + char.charCodeAt(0)) & 0xff, 0)
}

/** The one entry that a name of 13 characters needs; after its end come a zero and ones. */
function writeLongName(entry: Buffer, name: string, checksum: number): void {
  entry[0] = 0x41
  entry[11] = 0x0f
  entry[13] = checksum
  for (const [index, at] of LONG_NAME_AT.entries()) {
    entry.writeUInt16LE(index < name.length ? name.charCodeAt(index) : index === name.length ? 0 : 0xffff, at)
  }
}

function writeBootSector(image: Buffer, label: string): void {
  image.set([0xeb, 0x3c, 0x90])
  image.write('CORBEL  ', 3, 'latin1')
  image.writeUInt16LE(SECTOR, 11)
  image[13] = 1
  image.writeUInt16LE(1, 14)
  image[16] = FATS
  image.writeUInt16LE(ROOT_ENTRIES, 17)
  image.writeUInt16LE(SECTORS, 19)
  image[21] = MEDIA
  image.writeUInt16LE(FAT_SECTORS, 22)
  image.writeUInt16LE(18, 24)
  image.writeUInt16LE(2, 26)
  image[38] = 0x29
  image.writeUInt32LE(0x434f5253, 39)
  image.write(label.padEnd(11), 43, 'latin1')
  image.write('FAT12   ', 54, 'latin1')
  image.set([0x55, 0xaa], 510)
}

/** Entries of 12 bits: two reserved ones, then a chain from cluster 2 on. */
function writeFat(fat: Buffer, clusters: number): void {
  const entries = [0xf00 | MEDIA, 0xfff, ...Array.from({ length: clusters }, (_, at) => (at === clusters - 1 ? 0xfff : at + 3))]
  for (const [at, entry] of entries.entries()) {
    const byte = Math.floor((at * 3) / 2)
    const before = fat[byte] ?? 0
    if (at % 2 === 0) fat.set([entry & 0xff, entry >> 8], byte)
    else fat.set([before | ((entry & 0x0f) << 4), entry >> 4], byte)
  }
}
