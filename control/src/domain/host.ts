// What the machine is (facts, read once) and how it does (status, observed).

export const PRODUCT = 'Corbel'
/** Of an image that has a root shell on the second serial port. Every screen has the product's name in its title. */
export const DEBUG_PRODUCT = 'Corbel DEBUG IMAGE'

export interface HostFacts {
  /** {@link PRODUCT} or {@link DEBUG_PRODUCT}. */
  readonly product: string
  readonly version: string
  readonly machine: { readonly vendor: string; readonly model: string; readonly serial: string }
  readonly cpu: { readonly model: string; readonly sockets: number; readonly cores: number; readonly threads: number }
  readonly memoryMiB: number
  readonly kvm: { readonly available: boolean; readonly kind: 'intel' | 'amd' | null }
  /** What the firmware and the boot loader have measured, for whoever compares it; nothing depends on it. Null where there is no TPM 2.0. */
  readonly tpm: { readonly sha256: readonly string[] } | null
}

export interface HostAddress {
  readonly adapter: string
  /** Without prefix length. */
  readonly address: string
  readonly family: 4 | 6
  readonly origin: 'static' | 'dhcp' | 'slaac' | 'link-local'
}

export interface HostStatus {
  readonly hostname: string
  /** RFC 3339, UTC. */
  readonly time: string
  readonly uptimeSeconds: number
  readonly memory: { readonly totalMiB: number; readonly usedMiB: number }
  readonly addresses: readonly HostAddress[]
}
