// The machine itself on QEMU's command line: chipset, firmware, processor, memory, clock, identity. Pure; what each option is for stands beside it.
import type { VmSpec } from '../domain/vm.ts'
import type { CpuModel } from '../domain/vm-hardware.ts'
import { mostVcpus } from '../domain/vm-rules.ts'
import { hasBackend, type MemoryPlace, RAM } from './qemu-memory.ts'
import { OVMF, VIEW } from './vm-paths.ts'

/** Versions of the machines, which decide what a guest sees; named, so that neither an update nor a suspended VM changes hardware. */
const MACHINES: Readonly<Record<VmSpec['chipset'], string>> = { q35: 'pc-q35-10.0', i440fx: 'pc-i440fx-10.0' }

/** Levels of the x86-64 psABI over QEMU's oldest 64-bit model; AES is in every server that has the second level. */
const V2 = 'qemu64,cx16=on,lahf-lm=on,popcnt=on,pni=on,sse4.1=on,sse4.2=on,ssse3=on,aes=on,pclmulqdq=on'
const V3 = `${V2},avx=on,avx2=on,bmi1=on,bmi2=on,f16c=on,fma=on,abm=on,movbe=on,xsave=on`
const V4 = `${V3},avx512f=on,avx512bw=on,avx512cd=on,avx512dq=on,avx512vl=on`
const CPUS: Readonly<Record<CpuModel, string>> = { host: 'host', 'x86-64-v2-aes': V2, 'x86-64-v3': V3, 'x86-64-v4': V4 }

/** What Windows uses instead of emulated hardware. @source QEMU docs/system/i386/hyperv.rst */
const HYPERV = [
  ...[
    'hv-relaxed',
    'hv-vapic',
    'hv-time',
    'hv-vpindex',
    'hv-runtime',
    'hv-synic',
    'hv-stimer',
    'hv-reset',
    'hv-frequencies',
    'hv-ipi',
    'hv-tlbflush',
  ],
].map((name) => `${name}=on`)

export function machineOptions(spec: VmSpec, memory: MemoryPlace): string[] {
  const secure = spec.firmware === 'uefi-secure-boot'
  const uefi = spec.firmware !== 'bios'
  return [
    ...(uefi ? firmwareNodes(secure) : []),
    '-machine',
    [
      ...[MACHINES[spec.chipset], 'accel=kvm', 'vmport=off', 'dump-guest-core=off'],
      // Same pages are never merged: timing would tell one guest what another holds, and merged pages can be chosen for Rowhammer.
      'mem-merge=off',
      // Secure Boot's variables are kept from the guest's system by system management mode; nothing else needs it.
      `smm=${secure ? 'on' : 'off'}`,
      // Makes SeaBIOS show on the serial port what it and boot loaders print.
      'graphics=off',
      ...(uefi ? ['pflash0=firmware', 'pflash1=nvram'] : []),
      ...(hasBackend(spec, memory) ? [`memory-backend=${RAM}`] : []),
    ].join(','),
    ...(secure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    // Sleep states would look like a hang from outside.
    ...(spec.chipset === 'q35'
      ? ['-global', 'ICH9-LPC.disable_s3=1', '-global', 'ICH9-LPC.disable_s4=1']
      : ['-global', 'PIIX4_PM.disable_s3=1', '-global', 'PIIX4_PM.disable_s4=1']),
  ]
}

function firmwareNodes(secure: boolean): string[] {
  const node = (name: string, filename: string, readOnly: boolean) => [
    ...['-blockdev', JSON.stringify({ driver: 'file', 'node-name': `${name}-file`, filename, 'read-only': readOnly })],
    ...['-blockdev', JSON.stringify({ driver: 'raw', 'node-name': name, file: `${name}-file`, 'read-only': readOnly })],
  ]
  return [...node('firmware', secure ? OVMF.secureCode : OVMF.code, true), ...node('nvram', VIEW.nvram, false)]
}

/** Where nothing is said, a socket for each NUMA node: systems take the CPUs of a socket to be on one. */
function topologyOf(spec: VmSpec): NonNullable<VmSpec['topology']> {
  const { guestNumaNodes: nodes } = spec
  return spec.topology ?? { sockets: nodes, cores: mostVcpus(spec) / nodes, threads: 1 }
}

export function cpuOptions(spec: VmSpec): string[] {
  const nested = spec.nestedVirtualisation ? [] : ['svm=off', 'vmx=off']
  // A named level is there whole or the VM does not start.
  const enforced = spec.cpuModel === 'host' ? [] : ['enforce=on']
  const most = mostVcpus(spec)
  const { sockets, cores, threads } = topologyOf(spec)
  return [
    ...[
      '-cpu',
      [CPUS[spec.cpuModel], ...nested, ...enforced, ...(spec.hypervEnlightenments ? ['hv-spinlocks=0x1fff', ...HYPERV] : [])].join(','),
    ],
    ...['-smp', `cpus=${spec.vcpus},maxcpus=${most},sockets=${sockets},cores=${cores},threads=${threads}`],
  ]
}

/** Options in which a comma separates take one as two. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,')
}

export function identityOptions(spec: VmSpec): string[] {
  const strings = Object.entries(spec.smbios).flatMap(([name, value]) => (value === null ? [] : [`${name}=${escaped(value)}`]))
  return [
    ...['-name', `guest=${escaped(spec.name)},debug-threads=on`, '-uuid', spec.uuid],
    ...(strings.length === 0 ? [] : ['-smbios', ['type=1', ...strings].join(',')]),
    // Windows takes the clock for local time, and steps of it for its own.
    ...['-rtc', spec.clock === 'utc' ? 'base=utc' : 'base=localtime,driftfix=slew'],
  ]
}
