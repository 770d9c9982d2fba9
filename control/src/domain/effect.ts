// The steps that can be taken on the host for a VM, as plain data. An executor must handle every kind; each has an undo or is harmless to repeat.

/** One thing visible in a VM's mount view. Paths in `source` are the host's, in `target` the VM's. */
export interface ViewEntry {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly device: boolean
  /** Programs and libraries; everything else is mounted noexec. */
  readonly executable: boolean
}

/** Names of descriptors that earlier effects of the same plan opened: `qmp`, `serial`, `nic0`, … */
export type DescriptorName = string

export type Effect =
  /** Gives a disk file to the VM alone (chown to its uid, mode 0600), or, shared, to root with mode 0644. Repeatable; no undo. */
  | { readonly kind: 'own-file'; readonly path: string; readonly uid: number; readonly shared: boolean }
  /** Makes /run/corbel/vm/ID (root, 0700). Undo: removed with all in it. */
  | { readonly kind: 'make-run-directory'; readonly path: string }
  /** Makes the VM's cgroup. Undo: every process in it killed, directory removed. */
  | { readonly kind: 'make-cgroup'; readonly path: string; readonly files: Readonly<Record<string, string>> }
  /** Listens on a unix socket that QEMU inherits. Undo: closed. */
  | { readonly kind: 'listen'; readonly name: DescriptorName; readonly path: string }
  /** Makes a TAP on a bridge, link up. Undo: closed, which removes it. */
  | { readonly kind: 'open-tap'; readonly name: DescriptorName; readonly device: string; readonly bridge: string }
  /** Starts QEMU confined. The descriptors named are passed under the numbers given and closed here afterwards. Undo: killed. */
  | {
      readonly kind: 'start-process'
      readonly argv: readonly string[]
      readonly uid: number
      readonly cgroup: string
      readonly view: readonly ViewEntry[]
      readonly descriptors: Readonly<Record<number, DescriptorName>>
    }
  /** Connects to the serial socket and keeps its bounded log, whose directory is made when missing. Undo: closed; the log stays. */
  | { readonly kind: 'open-serial'; readonly path: string; readonly logPath: string; readonly maxLogBytes: number }
  /** Connects to QMP, negotiates, and checks that KVM is enabled (`query-kvm`); fails otherwise. Undo: closed. */
  | { readonly kind: 'connect-qmp'; readonly path: string; readonly timeoutMs: number }
  /** Lets the guest run (`cont`). */
  | { readonly kind: 'continue' }

/** Steps in order; on failure those done are undone in reverse. */
export type Plan = readonly Effect[]
