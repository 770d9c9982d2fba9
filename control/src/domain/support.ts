// What support wants to know, and the bundle that it is put in.

/** A file of the bundle. */
export interface BundleEntry {
  /** Relative, with `/` between directories. */
  readonly name: string
  readonly text: string
}

export interface SupportBundle {
  /** `corbel-HOSTNAME-TIME.tar.gz` */
  readonly name: string
  readonly sizeBytes: number
  readonly madeAt: string
}

/** A stick that a bundle can be written to. */
export interface SupportMedium {
  /** The kernel's name: `sdb1`. */
  readonly device: string
  readonly label: string | null
  readonly fileSystem: 'vfat'
  readonly model: string
  readonly sizeBytes: number
}

export interface SupportInfo {
  /** For people, one a line. */
  readonly lines: readonly string[]
  /** The one made last; kept until the host restarts. */
  readonly bundle: SupportBundle | null
}
