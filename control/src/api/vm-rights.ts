// What else has to be allowed for a VM to be made or changed as it is wanted: its pool, the host's files and the host's devices are not its own.
import { usesOf } from '../app/vm-files.ts'
import type { Place } from '../domain/permission.ts'
import type { VmSpec } from '../domain/vm.ts'
import type { Call } from './route.ts'

type Asked = Pick<Call<unknown>, 'app' | 'rights'>

const HOST: readonly Place[] = ['host']

/** For `Change.permit`. Of what the VM has already, nothing is asked. */
export function permitOf({ app, rights }: Asked): (spec: VmSpec, before: VmSpec | null) => void {
  return (spec, before) => {
    const pool = app.places.ofPool(spec.pool)
    if (before === null) rights.require('vm.create', pool)
    if (spec.pool !== before?.pool) rights.require('pool.use', pool)
    if (addsTo(filesOf(before), filesOf(spec))) rights.require('datastore.view', HOST)
    if (addsTo(devicesOf(before), devicesOf(spec))) rights.require('host.view', HOST)
  }
}

function filesOf(spec: VmSpec | null): readonly string[] {
  return spec === null ? [] : usesOf(spec).map(({ reference: { datastore, file } }) => `${datastore}/${file}`)
}

function devicesOf(spec: VmSpec | null): readonly string[] {
  return spec === null ? [] : spec.pciDevices.map(({ device }) => device)
}

function addsTo(before: readonly string[], after: readonly string[]): boolean {
  return after.some((one) => !before.includes(one))
}
