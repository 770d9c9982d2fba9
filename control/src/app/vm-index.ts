// Which VM has a name, a MAC address, a uid or a file, without looking at all of them.

import type { VmSpec } from '../domain/vm.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import type { VmRecord } from '../ports/store.ts'
import { specsOf, usesOf } from './vm-files.ts'

export interface VmIndex {
  /** A VM other than `id` that has this name, or this MAC address in what is wanted of it. */
  otherNamed(id: string, name: string): VmRecord | undefined
  otherWithMac(id: string, mac: string): VmRecord | undefined
  hasUid(uid: number): boolean
  /** VMs that hold any file that `spec` uses: in what is wanted, in force, becoming, or suspended. */
  sharing(spec: VmSpec): readonly VmRecord[]
}

export interface KeptVmIndex extends VmIndex {
  put(record: VmRecord): void
  remove(id: string): void
}

export function createVmIndex(vms: ReadonlyMap<string, VmRecord>): KeptVmIndex {
  /** Ids by `name …`, `mac …`, `uid …`, `file …`. */
  const holders = new Map<string, Set<string>>()
  const keysOf = new Map<string, readonly string[]>()

  function otherHolder(id: string, key: string): VmRecord | undefined {
    for (const other of holders.get(key) ?? []) if (other !== id) return vms.get(other)
    return undefined
  }

  function remove(id: string): void {
    for (const key of keysOf.get(id) ?? []) {
      const ids = holders.get(key)
      ids?.delete(id)
      if (ids?.size === 0) holders.delete(key)
    }
    keysOf.delete(id)
  }

  function put(record: VmRecord): void {
    remove(record.id)
    const keys = keysIn(record)
    keysOf.set(record.id, keys)
    for (const key of keys) {
      const ids = holders.get(key)
      if (ids === undefined) holders.set(key, new Set([record.id]))
      else ids.add(record.id)
    }
  }

  for (const record of vms.values()) put(record)
  return {
    put,
    remove,
    otherNamed: (id, name) => otherHolder(id, `name ${name}`),
    otherWithMac: (id, mac) => otherHolder(id, `mac ${mac}`),
    hasUid: (uid) => holders.has(`uid ${uid}`),
    sharing(spec) {
      const ids = new Set(usesOf(spec).flatMap(({ reference }) => [...(holders.get(fileKey(reference)) ?? [])]))
      return [...ids].flatMap((id) => vms.get(id) ?? [])
    },
  }
}

function keysIn(record: VmRecord): readonly string[] {
  const { spec, uid } = record
  const files = specsOf(record).flatMap((one) => usesOf(one).map(({ reference }) => fileKey(reference)))
  return [...new Set([`name ${spec.name}`, `uid ${uid}`, ...spec.nics.map(({ mac }) => `mac ${mac}`), ...files])]
}

function fileKey({ datastore, file }: FileReference): string {
  return `file ${datastore}/${file}`
}
