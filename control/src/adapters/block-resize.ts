// Grows a disk of a running VM, by its QEMU, so that the guest sees it.
// @source QEMU qapi/block-core.json: query-named-block-nodes, block_resize
import { VmHostFailure } from './host-failure.ts'
import { objectOf, objects, type Qmp } from './monitor.ts'

/** `node` is the name of the disk's node. QEMU itself would shrink it, too. */
export async function resizeDisk(node: string, sizeBytes: number, qmp: Qmp): Promise<void> {
  const nodes = objects(await qmp.execute('query-named-block-nodes', { flat: true }), 'query-named-block-nodes')
  const found = nodes.find((candidate) => candidate['node-name'] === node)
  if (found === undefined) throw new VmHostFailure('device.not-found', 'query-named-block-nodes', `there is no disk ${node}`)
  const virtualSizeBytes = objectOf(found.image, 'query-named-block-nodes')['virtual-size']
  if (typeof virtualSizeBytes !== 'number') throw new VmHostFailure('qmp.malformed', 'query-named-block-nodes', 'no size in the answer')
  if (sizeBytes === virtualSizeBytes) return
  if (sizeBytes < virtualSizeBytes)
    throw new VmHostFailure('disk.grow.smaller', 'block_resize', `The disk has ${virtualSizeBytes} bytes already.`)
  await qmp.execute('block_resize', { 'node-name': node, size: sizeBytes })
}
