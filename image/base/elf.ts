// Reads what a 64-bit little-endian ELF file says about itself; never runs or changes it.

export interface Elf {
  /** Shared libraries asked for by name (DT_NEEDED). */
  readonly needed: readonly string[]
  /** The loader that a dynamic program asks for by its path (PT_INTERP). */
  readonly interpreter: string | null
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1n
const DT_STRTAB = 5n

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

function segmentsOf(file: Buffer): Segment[] {
  const start = Number(file.readBigUInt64LE(32))
  const entrySize = file.readUInt16LE(54)
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * entrySize
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    }
  })
}

function dynamicEntries(file: Buffer, segment: Segment): { tag: bigint; value: number }[] {
  const entries = []
  for (let at = segment.offset; at < segment.offset + segment.size; at += 16) {
    entries.push({ tag: file.readBigInt64LE(at), value: Number(file.readBigUInt64LE(at + 8)) })
  }
  return entries
}

const textAt = (file: Buffer, at: number) => file.toString('latin1', at, file.indexOf(0, at))

function neededBy(file: Buffer, segments: readonly Segment[]): string[] {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC)
  if (!dynamic) return []
  const entries = dynamicEntries(file, dynamic)
  const strings = entries.find(({ tag }) => tag === DT_STRTAB)
  const load = segments.find(
    ({ type, address, size }) => type === PT_LOAD && strings && strings.value >= address && strings.value < address + size,
  )
  if (!strings || !load) return []
  const base = strings.value - load.address + load.offset
  return entries.filter(({ tag }) => tag === DT_NEEDED).map(({ value }) => textAt(file, base + value))
}

/** Null when the bytes are no ELF file for x86-64. A static program needs nothing. @source ELF-64 object file format, program header and dynamic section */
export function parseElf(file: Buffer): Elf | null {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file.readUInt16LE(18) !== 62) return null
  const segments = segmentsOf(file)
  const loader = segments.find(({ type }) => type === PT_INTERP)
  return { needed: neededBy(file, segments), interpreter: loader ? textAt(file, loader.offset) : null }
}
