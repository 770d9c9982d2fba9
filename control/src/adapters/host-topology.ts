// What the machine is made of, read from /proc and /sys: once, and in parts again when they have changed. Starts no program and never throws.
import { statOrNull } from 'hv:fs'
import { parseSwitch } from '../codec/sysfs-value.ts'
import { parseVulnerability } from '../codec/vulnerability.ts'
import type { HostTopology, KvmFeatures, Mitigation } from '../domain/topology.ts'
import { namesIn, textOrNull } from './sysfs.ts'
import { readCaches, readCpus, readHugepages, readNodes, signCpus } from './topology-cpus.ts'
import { readIommu, readPciDevices, signPci } from './topology-pci.ts'

/** `root` is put before every path; empty on the appliance. */
export function createHostTopology(root = ''): () => HostTopology {
  const processors = remembered(
    () => signCpus(root),
    () => readProcessors(root),
  )
  const devices = remembered(
    () => signPci(root),
    () => ({ iommu: readIommu(root), pci: readPciDevices(root) }),
  )
  const observe = () => ({ ...processors(), ...devices(), hugepages: readHugepages(root) })
  observe()
  return observe
}

/** Reads again only when the sign is another; taken before reading, so that what changes meanwhile is seen at the next look. */
function remembered<T>(sign: () => string, read: () => T): () => T {
  let known: { readonly sign: string; readonly value: T } | null = null
  return () => {
    const now = sign()
    if (known?.sign !== now) known = { sign: now, value: read() }
    return known.value
  }
}

function readProcessors(root: string): Pick<HostTopology, 'cpus' | 'nodes' | 'caches' | 'kvm' | 'mitigations'> {
  const cpus = readCpus(root)
  return { cpus, nodes: readNodes(root, cpus), caches: readCaches(root, cpus), kvm: readKvm(root), mitigations: readMitigations(root) }
}

/** The parameters by which KVM's modules say what they use. @source Linux arch/x86/kvm/vmx/vmx.c and arch/x86/kvm/svm/svm.c */
const KVM_PARAMETERS = {
  intel: { nestedPaging: 'ept', nested: 'nested', virtualInterrupts: 'enable_apicv' },
  amd: { nestedPaging: 'npt', nested: 'nested', virtualInterrupts: 'avic' },
} as const

function readKvm(root: string): KvmFeatures {
  const available = exists(`${root}/dev/kvm`)
  const kind = (['intel', 'amd'] as const).find((candidate) => exists(`${root}/sys/module/kvm_${candidate}`))
  if (kind === undefined) return { available, kind: null, nestedPaging: null, nested: null, virtualInterrupts: null }
  const names = KVM_PARAMETERS[kind]
  const parameter = (name: string) => parseSwitch(textOrNull(`${root}/sys/module/kvm_${kind}/parameters/${name}`))
  return {
    available,
    kind,
    nestedPaging: parameter(names.nestedPaging),
    nested: parameter(names.nested),
    virtualInterrupts: parameter(names.virtualInterrupts),
  }
}

function readMitigations(root: string): readonly Mitigation[] {
  const folder = `${root}/sys/devices/system/cpu/vulnerabilities`
  return namesIn(folder).flatMap((name) => {
    const text = textOrNull(`${folder}/${name}`)
    return text === null ? [] : [parseVulnerability(name, text)]
  })
}

function exists(path: string): boolean {
  try {
    return statOrNull(path) !== null
  } catch {
    return false
  }
}
