// What each field of disks, CD drives, NICs and booting changes in the base's command line.

/** What comes with the first PCI device, wherever it is. */
const PCI_PORTS = [
  '{"driver":"pcie-root-port","id":"pci-port0","bus":"pcie.0","chassis":26,"addr":"0x6.0x0","multifunction":true}',
  '{"driver":"pcie-root-port","id":"pci-port1","bus":"pcie.0","chassis":27,"addr":"0x6.0x1"}',
  '{"driver":"pcie-root-port","id":"pci-port2","bus":"pcie.0","chassis":28,"addr":"0x6.0x2"}',
  '{"driver":"pcie-root-port","id":"pci-port3","bus":"pcie.0","chassis":29,"addr":"0x6.0x3"}',
  '{"driver":"pcie-root-port","id":"pci-port4","bus":"pcie.0","chassis":30,"addr":"0x6.0x4"}',
  '{"driver":"pcie-root-port","id":"pci-port5","bus":"pcie.0","chassis":31,"addr":"0x6.0x5"}',
  '{"driver":"pcie-root-port","id":"pci-port6","bus":"pcie.0","chassis":32,"addr":"0x6.0x6"}',
  '{"driver":"pcie-root-port","id":"pci-port7","bus":"pcie.0","chassis":33,"addr":"0x6.0x7"}',
]

export const rows = {
  boot: {
    gone: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":2}',
    ],
    come: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":2}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":1}',
    ],
  },
  'boot.devices': {
    gone: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":2}',
    ],
    come: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report"}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":1}',
    ],
  },
  'boot.kernel': {
    gone: [],
    come: ['-kernel', '/boot/kernel'],
  },
  'boot.initrd': {
    gone: [],
    come: ['-kernel', '/boot/kernel', '-initrd', '/boot/initrd'],
  },
  'boot.commandLine': {
    gone: [],
    come: ['-kernel', '/boot/kernel', '-append', 'quiet'],
  },
  disks: {
    gone: ['{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":2}'],
    come: [
      '{"driver":"file","node-name":"disk1-file","filename":"/disk/1","aio":"threads","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"raw","node-name":"disk1","file":"disk1-file","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"virtio-blk-pci","bus":"disk-port1","id":"disk1","drive":"disk1","write-cache":"on","werror":"enospc","rerror":"report","bootindex":2}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":3}',
    ],
  },
  'disks[].slot': {
    gone: [
      '{"driver":"file","node-name":"disk0-file","filename":"/disk/0","aio":"threads","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"qcow2","node-name":"disk0","file":"disk0-file","backing":null,"read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
    come: [
      '{"driver":"pcie-root-port","id":"disk-port8","bus":"pcie.0","chassis":17,"addr":"0x4.0x0","multifunction":true}',
      '{"driver":"pcie-root-port","id":"disk-port9","bus":"pcie.0","chassis":18,"addr":"0x4.0x1"}',
      '{"driver":"pcie-root-port","id":"disk-port10","bus":"pcie.0","chassis":19,"addr":"0x4.0x2"}',
      '{"driver":"pcie-root-port","id":"disk-port11","bus":"pcie.0","chassis":20,"addr":"0x4.0x3"}',
      '{"driver":"pcie-root-port","id":"disk-port12","bus":"pcie.0","chassis":21,"addr":"0x4.0x4"}',
      '{"driver":"pcie-root-port","id":"disk-port13","bus":"pcie.0","chassis":22,"addr":"0x4.0x5"}',
      '{"driver":"pcie-root-port","id":"disk-port14","bus":"pcie.0","chassis":23,"addr":"0x4.0x6"}',
      '{"driver":"pcie-root-port","id":"disk-port15","bus":"pcie.0","chassis":24,"addr":"0x4.0x7"}',
      '{"driver":"file","node-name":"disk9-file","filename":"/disk/9","aio":"threads","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"qcow2","node-name":"disk9","file":"disk9-file","backing":null,"read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"virtio-blk-pci","bus":"disk-port9","id":"disk9","drive":"disk9","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
  },
  'disks[].format': {
    gone: [
      '{"driver":"qcow2","node-name":"disk0","file":"disk0-file","backing":null,"read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
    ],
    come: [
      '{"driver":"raw","node-name":"disk0","file":"disk0-file","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
    ],
  },
  'disks[].readOnly': {
    gone: [
      '{"driver":"file","node-name":"disk0-file","filename":"/disk/0","aio":"threads","read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"qcow2","node-name":"disk0","file":"disk0-file","backing":null,"read-only":false,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
    ],
    come: [
      '{"driver":"file","node-name":"disk0-file","filename":"/disk/0","aio":"threads","read-only":true,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"qcow2","node-name":"disk0","file":"disk0-file","backing":null,"read-only":true,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
    ],
  },
  'disks[].bus': {
    gone: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
    come: [
      '{"driver":"virtio-scsi-pci","id":"scsi","bus":"pcie.0","addr":"0xa"}',
      '{"driver":"scsi-hd","bus":"scsi.0","scsi-id":0,"lun":0,"id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
  },
  'disks[].bus (sata)': {
    gone: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
    come: [
      '{"driver":"ide-hd","bus":"ide.0","unit":0,"id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
  },
  'disks[].serial': {
    gone: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
    come: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","serial":"S1","bootindex":1}',
    ],
  },
  cdroms: {
    gone: [],
    come: ['{"driver":"ide-cd","id":"cdrom1","bus":"ide.4","unit":0,"bootindex":3}'],
  },
  'cdroms[].slot': {
    gone: ['{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":2}'],
    come: ['{"driver":"ide-cd","id":"cdrom2","bus":"ide.3","unit":0,"bootindex":2}'],
  },
  'cdroms[].medium': {
    gone: ['{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":2}'],
    come: [
      '{"driver":"file","node-name":"cdrom0-file","filename":"/cdrom/0","aio":"threads","read-only":true,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"raw","node-name":"cdrom0","file":"cdrom0-file","read-only":true,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"drive":"cdrom0","bootindex":2}',
    ],
  },
  nics: {
    gone: [],
    come: [
      '{"type":"tap","id":"nic1-net","fd":"21","vhost":false}',
      '{"driver":"virtio-net-pci","id":"nic1","netdev":"nic1-net","mac":"52:54:00:00:00:02","bus":"nic-port1","romfile":""}',
    ],
  },
  'nics[].slot': {
    gone: [
      '{"type":"tap","id":"nic0-net","fd":"20","vhost":false}',
      '{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}',
    ],
    come: [
      '{"type":"tap","id":"nic5-net","fd":"25","vhost":false}',
      '{"driver":"virtio-net-pci","id":"nic5","netdev":"nic5-net","mac":"52:54:00:00:00:01","bus":"nic-port5","romfile":""}',
    ],
  },
  'nics[].mac': {
    gone: ['{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}'],
    come: ['{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:09","bus":"nic-port0","romfile":""}'],
  },
  'nics[].model': {
    gone: ['{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}'],
    come: ['{"driver":"e1000e","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}'],
  },
  'nics[].model (e1000)': {
    gone: ['{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}'],
    come: ['{"driver":"e1000","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}'],
  },
  pciDevices: {
    gone: [],
    come: [...PCI_PORTS, '{"driver":"vfio-pci","id":"pci0","sysfsdev":"/pci/0000:01:00.0","bus":"pci-port0"}'],
  },
  'pciDevices[].slot': {
    gone: [],
    come: [...PCI_PORTS, '{"driver":"vfio-pci","id":"pci7","sysfsdev":"/pci/0000:01:00.0","bus":"pci-port7"}'],
  },
}
