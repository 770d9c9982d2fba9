// What of the command line changes with each field that says where a VM's memory comes from.
const M = 'pc-q35-10.0,accel=kvm,vmport=off,dump-guest-core=off,mem-merge=off,smm=off,graphics=off'
const gone = ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1']

export const rows: Readonly<Record<string, { readonly gone: readonly string[]; readonly come: readonly string[] }>> = {
  numaNodes: {
    gone: [M],
    come: [
      `${M},memory-backend=pc.ram`,
      '{"qom-type":"memory-backend-ram","id":"pc.ram","size":536870912,"host-nodes":[1],"policy":"preferred"}',
    ],
  },
  guestNumaNodes: {
    gone,
    come: [
      'cpus=4,maxcpus=4,sockets=2,cores=2,threads=1',
      '{"qom-type":"memory-backend-ram","id":"node0","size":268435456,"host-nodes":[1],"policy":"preferred"}',
      ...['-numa', 'node,nodeid=0,memdev=node0', '-numa', 'cpu,node-id=0,socket-id=0'],
      '{"qom-type":"memory-backend-ram","id":"node1","size":268435456,"host-nodes":[0],"policy":"preferred"}',
      ...['-numa', 'node,nodeid=1,memdev=node1', '-numa', 'cpu,node-id=1,socket-id=1'],
    ],
  },
  'guestNumaNodes (sockets)': {
    gone,
    come: [
      'cpus=4,maxcpus=4,sockets=4,cores=1,threads=1',
      '{"qom-type":"memory-backend-ram","id":"node0","size":268435456,"host-nodes":[0],"policy":"preferred"}',
      ...['-numa', 'node,nodeid=0,memdev=node0', '-numa', 'cpu,node-id=0,socket-id=0', '-numa', 'cpu,node-id=0,socket-id=1'],
      '{"qom-type":"memory-backend-ram","id":"node1","size":268435456,"host-nodes":[1],"policy":"preferred"}',
      ...['-numa', 'node,nodeid=1,memdev=node1', '-numa', 'cpu,node-id=1,socket-id=2', '-numa', 'cpu,node-id=1,socket-id=3'],
    ],
  },
  hugePages: {
    gone: [M],
    come: [
      `${M},memory-backend=pc.ram`,
      '{"qom-type":"memory-backend-memfd","id":"pc.ram","size":536870912,"hugetlb":true,"hugetlbsize":2097152,"prealloc":true}',
    ],
  },
  'hugePages (nodes)': {
    gone: [...gone, 'size=512M'],
    come: [
      ...['cpus=2,maxcpus=2,sockets=2,cores=1,threads=1', 'size=2048M'],
      '{"qom-type":"memory-backend-memfd","id":"node0","size":1073741824,"hugetlb":true,"hugetlbsize":1073741824,"prealloc":true,"host-nodes":[0],"policy":"bind"}',
      ...['-numa', 'node,nodeid=0,memdev=node0', '-numa', 'cpu,node-id=0,socket-id=0'],
      '{"qom-type":"memory-backend-memfd","id":"node1","size":1073741824,"hugetlb":true,"hugetlbsize":1073741824,"prealloc":true,"host-nodes":[1],"policy":"bind"}',
      ...['-numa', 'node,nodeid=1,memdev=node1', '-numa', 'cpu,node-id=1,socket-id=1'],
    ],
  },
}
