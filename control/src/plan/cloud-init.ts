// The files of a VM's NoCloud seed. Pure. @source cloud-init documentation, NoCloud
import type { VmSpec } from '../domain/vm.ts'

/** `meta-data` is always there; a file that is wanted by nobody is not. */
export function cloudInitFiles(
  { name, uuid }: Pick<VmSpec, 'name' | 'uuid'>,
  { userData, metaData, networkConfig }: NonNullable<VmSpec['cloudInit']>,
): Readonly<Record<string, string>> {
  return {
    'meta-data': metaData ?? `instance-id: ${uuid}\nlocal-hostname: ${hostLabel(name)}\n`,
    // cloud-init takes a seed without user-data for none at all.
    'user-data': userData ?? '#cloud-config\n{}\n',
    ...(networkConfig === null ? {} : { 'network-config': networkConfig }),
  }
}

/** A VM's name as a host's: dots and underscores are none of a label. */
function hostLabel(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[._]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return label === '' ? 'vm' : label
}
