// The specs whose command lines are kept in golden/.
import type { VmSpec } from '../../../control/src/domain/vm.ts'

export const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'

const PLAIN: VmSpec = { name: 'web1', vcpus: 1, memoryMiB: 256, boot: { from: 'disk' }, disks: [], cdrom: null, nics: [] }
const file = (name: string) => ({ datastore: 'local', file: name })

/** By the name of their golden file. */
export const SPECS = {
  disk: {
    ...PLAIN,
    disks: [
      { ...file('a.qcow2'), format: 'qcow2', readOnly: false },
      { ...file('c.raw'), format: 'raw', readOnly: true },
    ],
    nics: [{ network: 'nat', mac: '52:54:00:00:00:01' }],
  },
  cdrom: {
    ...PLAIN,
    ...{ name: 'installer', vcpus: 2, memoryMiB: 1024, boot: { from: 'cdrom' }, cdrom: file('x.iso') },
    disks: [{ ...file('a.qcow2'), format: 'qcow2', readOnly: false }],
  },
  kernel: {
    ...PLAIN,
    boot: { from: 'kernel', kernel: file('vmlinuz'), initrd: file('initrd'), commandLine: 'console=ttyS0 a=b,c "d e"' },
  },
} as const satisfies Record<string, VmSpec>

export type GoldenName = keyof typeof SPECS

export const DESCRIPTORS = { qmp: 3, serial: 4, nics: [5] }
