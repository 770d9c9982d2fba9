// What each field of the property table changes in the command line of the same VM.
export const rows: Readonly<Record<string, { readonly gone: readonly string[]; readonly come: readonly string[] }>> = {
  uuid: {
    gone: ['6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'],
    come: ['00000000-0000-4000-8000-000000000001'],
  },
  chipset: {
    gone: [
      'pc-q35-10.0,accel=kvm,vmport=off,dump-guest-core=off,smm=off,graphics=off',
      'ICH9-LPC.disable_s3=1',
      'ICH9-LPC.disable_s4=1',
      '{"driver":"pcie-root-port","id":"nic-port0","bus":"pcie.0","chassis":1,"addr":"0x2.0x0","multifunction":true}',
      '{"driver":"pcie-root-port","id":"nic-port1","bus":"pcie.0","chassis":2,"addr":"0x2.0x1"}',
      '{"driver":"pcie-root-port","id":"nic-port2","bus":"pcie.0","chassis":3,"addr":"0x2.0x2"}',
      '{"driver":"pcie-root-port","id":"nic-port3","bus":"pcie.0","chassis":4,"addr":"0x2.0x3"}',
      '{"driver":"pcie-root-port","id":"nic-port4","bus":"pcie.0","chassis":5,"addr":"0x2.0x4"}',
      '{"driver":"pcie-root-port","id":"nic-port5","bus":"pcie.0","chassis":6,"addr":"0x2.0x5"}',
      '{"driver":"pcie-root-port","id":"nic-port6","bus":"pcie.0","chassis":7,"addr":"0x2.0x6"}',
      '{"driver":"pcie-root-port","id":"nic-port7","bus":"pcie.0","chassis":8,"addr":"0x2.0x7"}',
      '{"driver":"pcie-root-port","id":"disk-port0","bus":"pcie.0","chassis":9,"addr":"0x3.0x0","multifunction":true}',
      '{"driver":"pcie-root-port","id":"disk-port1","bus":"pcie.0","chassis":10,"addr":"0x3.0x1"}',
      '{"driver":"pcie-root-port","id":"disk-port2","bus":"pcie.0","chassis":11,"addr":"0x3.0x2"}',
      '{"driver":"pcie-root-port","id":"disk-port3","bus":"pcie.0","chassis":12,"addr":"0x3.0x3"}',
      '{"driver":"pcie-root-port","id":"disk-port4","bus":"pcie.0","chassis":13,"addr":"0x3.0x4"}',
      '{"driver":"pcie-root-port","id":"disk-port5","bus":"pcie.0","chassis":14,"addr":"0x3.0x5"}',
      '{"driver":"pcie-root-port","id":"disk-port6","bus":"pcie.0","chassis":15,"addr":"0x3.0x6"}',
      '{"driver":"pcie-root-port","id":"disk-port7","bus":"pcie.0","chassis":16,"addr":"0x3.0x7"}',
      '{"driver":"virtio-serial-pci","id":"channels","bus":"pcie.0","addr":"0x9"}',
      '{"driver":"VGA","id":"video","bus":"pcie.0","addr":"0x1"}',
      '{"driver":"qemu-xhci","id":"usb","bus":"pcie.0","addr":"0x8"}',
      '{"driver":"virtio-rng-pci","id":"rng","rng":"entropy","bus":"pcie.0","addr":"0x1d"}',
      '{"driver":"virtio-balloon-pci","id":"balloon","deflate-on-oom":true,"bus":"pcie.0","addr":"0xb"}',
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.5","unit":0,"bootindex":2}',
      '{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"nic-port0","romfile":""}',
    ],
    come: [
      'pc-i440fx-10.0,accel=kvm,vmport=off,dump-guest-core=off,smm=off,graphics=off',
      'PIIX4_PM.disable_s3=1',
      'PIIX4_PM.disable_s4=1',
      '{"driver":"virtio-serial-pci","id":"channels","bus":"pci.0","addr":"0x4"}',
      '{"driver":"VGA","id":"video","bus":"pci.0","addr":"0x2"}',
      '{"driver":"piix3-usb-uhci","id":"usb","bus":"pci.0","addr":"0x3"}',
      '{"driver":"virtio-rng-pci","id":"rng","rng":"entropy","bus":"pci.0","addr":"0x1a"}',
      '{"driver":"virtio-balloon-pci","id":"balloon","deflate-on-oom":true,"bus":"pci.0","addr":"0x6"}',
      '{"driver":"ide-hd","bus":"ide.0","unit":0,"id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
      '{"driver":"ide-cd","id":"cdrom0","bus":"ide.1","unit":1,"bootindex":2}',
      '{"driver":"virtio-net-pci","id":"nic0","netdev":"nic0-net","mac":"52:54:00:00:00:01","bus":"pci.0","addr":"0x10","romfile":""}',
    ],
  },
  firmware: {
    gone: ['pc-q35-10.0,accel=kvm,vmport=off,dump-guest-core=off,smm=off,graphics=off'],
    come: [
      '{"driver":"file","node-name":"firmware-file","filename":"/usr/share/OVMF/OVMF_CODE_4M.fd","read-only":true}',
      '{"driver":"raw","node-name":"firmware","file":"firmware-file","read-only":true}',
      '{"driver":"file","node-name":"nvram-file","filename":"/nvram","read-only":false}',
      '{"driver":"raw","node-name":"nvram","file":"nvram-file","read-only":false}',
      'pc-q35-10.0,accel=kvm,vmport=off,dump-guest-core=off,smm=off,graphics=off,pflash0=firmware,pflash1=nvram',
    ],
  },
  'firmware (secure)': {
    gone: ['pc-q35-10.0,accel=kvm,vmport=off,dump-guest-core=off,smm=off,graphics=off'],
    come: [
      '{"driver":"file","node-name":"firmware-file","filename":"/usr/share/OVMF/OVMF_CODE_4M.secboot.fd","read-only":true}',
      '{"driver":"raw","node-name":"firmware","file":"firmware-file","read-only":true}',
      '{"driver":"file","node-name":"nvram-file","filename":"/nvram","read-only":false}',
      '{"driver":"raw","node-name":"nvram","file":"nvram-file","read-only":false}',
      'pc-q35-10.0,accel=kvm,vmport=off,dump-guest-core=off,smm=on,graphics=off,pflash0=firmware,pflash1=nvram',
      'driver=cfi.pflash01,property=secure,value=on',
      '-global',
    ],
  },
  tpm: {
    gone: [],
    come: ['socket,id=tpm,fd=5', '-tpmdev', 'emulator,id=tpm,chardev=tpm', '{"driver":"tpm-crb","id":"tpm-device","tpmdev":"tpm"}'],
  },
  cpuModel: {
    gone: ['host,svm=off,vmx=off'],
    come: ['qemu64,cx16=on,lahf-lm=on,popcnt=on,pni=on,sse4.1=on,sse4.2=on,ssse3=on,aes=on,pclmulqdq=on,svm=off,vmx=off,enforce=on'],
  },
  'cpuModel (v3)': {
    gone: ['host,svm=off,vmx=off'],
    come: [
      'qemu64,cx16=on,lahf-lm=on,popcnt=on,pni=on,sse4.1=on,sse4.2=on,ssse3=on,aes=on,pclmulqdq=on,avx=on,avx2=on,bmi1=on,bmi2=on,f16c=on,fma=on,abm=on,movbe=on,xsave=on,svm=off,vmx=off,enforce=on',
    ],
  },
  'cpuModel (v4)': {
    gone: ['host,svm=off,vmx=off'],
    come: [
      'qemu64,cx16=on,lahf-lm=on,popcnt=on,pni=on,sse4.1=on,sse4.2=on,ssse3=on,aes=on,pclmulqdq=on,avx=on,avx2=on,bmi1=on,bmi2=on,f16c=on,fma=on,abm=on,movbe=on,xsave=on,avx512f=on,avx512bw=on,avx512cd=on,avx512dq=on,avx512vl=on,svm=off,vmx=off,enforce=on',
    ],
  },
  nestedVirtualisation: {
    gone: ['host,svm=off,vmx=off'],
    come: ['host'],
  },
  hypervEnlightenments: {
    gone: ['host,svm=off,vmx=off'],
    come: [
      'host,svm=off,vmx=off,hv-spinlocks=0x1fff,hv-relaxed=on,hv-vapic=on,hv-time=on,hv-vpindex=on,hv-runtime=on,hv-synic=on,hv-stimer=on,hv-reset=on,hv-frequencies=on,hv-ipi=on,hv-tlbflush=on',
    ],
  },
  vcpus: {
    gone: ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1'],
    come: ['cpus=3,maxcpus=3,sockets=1,cores=3,threads=1'],
  },
  maxVcpus: {
    gone: ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1'],
    come: ['cpus=1,maxcpus=4,sockets=1,cores=4,threads=1'],
  },
  topology: {
    gone: ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1'],
    come: ['cpus=8,maxcpus=8,sockets=2,cores=2,threads=2'],
  },
  'topology.sockets': {
    gone: ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1'],
    come: ['cpus=2,maxcpus=2,sockets=2,cores=1,threads=1'],
  },
  'topology.cores': {
    gone: ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1'],
    come: ['cpus=2,maxcpus=2,sockets=1,cores=2,threads=1'],
  },
  'topology.threads': {
    gone: ['cpus=1,maxcpus=1,sockets=1,cores=1,threads=1'],
    come: ['cpus=2,maxcpus=2,sockets=1,cores=1,threads=2'],
  },
  memoryMiB: {
    gone: ['size=512M'],
    come: ['size=1024M'],
  },
  maxMemoryMiB: {
    gone: ['size=512M'],
    come: [
      'size=512M,maxmem=1024M',
      '{"qom-type":"memory-backend-ram","id":"hot-memory-ram","size":536870912}',
      '{"driver":"virtio-mem-pci","id":"hot-memory","memdev":"hot-memory-ram","bus":"pcie.0","addr":"0xc","requested-size":0}',
    ],
  },
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
  serialPorts: {
    gone: [],
    come: ['socket,id=serial1,fd=11,server=on,wait=off', '-serial', 'chardev:serial1'],
  },
  display: {
    gone: ['{"driver":"VGA","id":"video","bus":"pcie.0","addr":"0x1"}'],
    come: ['{"driver":"virtio-vga","id":"video","bus":"pcie.0","addr":"0x1"}'],
  },
  'display (none)': {
    gone: ['-vnc', 'none,share=force-shared', '{"driver":"VGA","id":"video","bus":"pcie.0","addr":"0x1"}'],
    come: ['-display', 'none'],
  },
  usb: {
    gone: [
      '{"driver":"qemu-xhci","id":"usb","bus":"pcie.0","addr":"0x8"}',
      '{"driver":"usb-tablet","id":"tablet","bus":"usb.0","port":"1"}',
      '{"driver":"usb-kbd","id":"keyboard","bus":"usb.0","port":"2"}',
    ],
    come: [],
  },
  rng: {
    gone: [
      '{"qom-type":"rng-random","id":"entropy","filename":"/dev/urandom"}',
      '{"driver":"virtio-rng-pci","id":"rng","rng":"entropy","bus":"pcie.0","addr":"0x1d"}',
    ],
    come: [],
  },
  guestAgent: {
    gone: [
      '{"driver":"virtio-serial-pci","id":"channels","bus":"pcie.0","addr":"0x9"}',
      'socket,id=agent,fd=4,server=on,wait=off',
      '{"driver":"virtserialport","id":"agent","bus":"channels.0","nr":1,"chardev":"agent","name":"org.qemu.guest_agent.0"}',
    ],
    come: [],
  },
  clock: {
    gone: ['base=utc'],
    come: ['base=localtime,driftfix=slew'],
  },
  smbios: {
    gone: [],
    come: ['-smbios', 'type=1,manufacturer=A,, B,product=P,version=1,serial=S,sku=K,family=F'],
  },
  'smbios.manufacturer': {
    gone: [],
    come: ['-smbios', 'type=1,manufacturer=M'],
  },
  'smbios.product': {
    gone: [],
    come: ['-smbios', 'type=1,product=P'],
  },
  'smbios.version': {
    gone: [],
    come: ['-smbios', 'type=1,version=V'],
  },
  'smbios.serial': {
    gone: [],
    come: ['-smbios', 'type=1,serial=S'],
  },
  'smbios.sku': {
    gone: [],
    come: ['-smbios', 'type=1,sku=K'],
  },
  'smbios.family': {
    gone: [],
    come: ['-smbios', 'type=1,family=F'],
  },
  cloudInit: {
    gone: [],
    come: [
      '{"driver":"pcie-root-port","id":"seed-port0","bus":"pcie.0","chassis":25,"addr":"0x5.0x0","multifunction":true}',
      '{"driver":"file","node-name":"cloud-init-file","filename":"/cloud-init","aio":"threads","read-only":true,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"raw","node-name":"cloud-init","file":"cloud-init-file","read-only":true,"discard":"unmap","cache":{"direct":false,"no-flush":false}}',
      '{"driver":"virtio-blk-pci","id":"cloud-init","drive":"cloud-init","bus":"seed-port0"}',
    ],
  },
  watchdog: {
    gone: [],
    come: ['{"driver":"i6300esb","id":"watchdog","bus":"pcie.0","addr":"0xd"}', '-action', 'watchdog=reset'],
  },
  onPanic: {
    gone: ['panic=none'],
    come: ['panic=pause'],
  },
  onIoError: {
    gone: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"enospc","rerror":"report","bootindex":1}',
    ],
    come: [
      '{"driver":"virtio-blk-pci","bus":"disk-port0","id":"disk0","drive":"disk0","write-cache":"on","werror":"stop","rerror":"stop","bootindex":1}',
    ],
  },
}
