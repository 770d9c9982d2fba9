// The answers about PCI devices and who has them, as schemas.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { DEVICE_USES, type HostDevice, pciIdSchema } from '../domain/pci-device.ts'
import { pciSchema } from './schemas-topology.ts'

const list = <Item extends v.GenericSchema>(item: Item, what: string) => v.pipe(v.array(item), v.readonly(), v.description(what))

export const hostDeviceSchema = closed({
  ...pciSchema.entries,
  id: v.pipe(pciIdSchema, v.description('By the way to it from the host bridge; stays when buses are numbered otherwise.')),
  uses: list(
    closed({ kind: v.picklist(DEVICE_USES), what: v.pipe(v.string(), v.description('What would be cut off.')) }),
    'What the host needs it for.',
  ),
  interfaces: list(v.string(), 'Its network interfaces and disks.'),
  groupMembers: list(v.string(), 'What is in its IOMMU group, itself included.'),
  assignable: v.pipe(v.boolean(), v.description('Whether a VM may have it; one may have it already.')),
  reasons: list(closed({ code: v.string(), message: v.string() }), 'Why none may.'),
  vm: v.pipe(v.nullable(v.string()), v.description('The VM that has it now.')),
  wantedBy: list(v.string(), 'VMs whose spec names it.'),
  wantedVfs: v.pipe(v.nullable(v.number()), v.description('Virtual functions that it gets at each start of the host.')),
}) satisfies v.GenericSchema<unknown, HostDevice>
