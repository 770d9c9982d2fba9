// Reads what `mdadm --examine` prints of a superblock of version 1.2.
// @source mdadm(8), --examine; super1.c of mdadm prints "NAME : VALUE" lines
import type { MirrorMember } from '../domain/mirror.ts'

export type Superblock = Pick<MirrorMember, 'uuid' | 'copies' | 'events' | 'ranAlone'> & {
  /** As it was named when the array was made, without the host's name before it. */
  readonly name: string
}

/** Null when it is none of a RAID 1. */
export function parseSuperblock(text: string): Superblock | null {
  const pairs = [...text.matchAll(/^[ \t]*([A-Z][A-Za-z ]*?) : (.*?)[ \t]*$/gm)]
  const fields = new Map(pairs.map(([, name = '', value = '']) => [name, value]))
  const of = (name: string) => fields.get(name) ?? ''
  const uuid = /^[0-9a-f]{8}(?::[0-9a-f]{8}){3}$/.exec(of('Array UUID'))?.[0]
  const copies = Number(of('Raid Devices'))
  const events = Number(of('Events'))
  const seen = /^([A.R]+) /.exec(of('Array State'))?.[1]
  if (uuid === undefined || seen === undefined || of('Raid Level') !== 'raid1') return null
  if (!Number.isSafeInteger(copies) || copies < 1 || !Number.isSafeInteger(events)) return null
  const name = of('Name').replace(/ .*$/, '').replace(/^.*:/, '')
  return { uuid, copies, events, name, ranAlone: seen.includes('.') }
}
