// The steps that can be taken on the host for a VM, as plain data. An executor must handle every kind; each has an undo or is harmless to repeat.
import type { LiveStep } from './live-step.ts'

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
  /** Makes a directory, root's and 0700, or the VM's; its parents too. Repeatable; no undo: what is in it is kept. */
  | { readonly kind: 'make-directory'; readonly path: string; readonly uid: number }
  /** Copies a file unless the copy is there already, and gives it to the VM; the copy is whole or not there. No undo: it is kept. */
  | { readonly kind: 'copy-once'; readonly source: string; readonly path: string; readonly uid: number }
  /** Makes a small file system image that holds these files, read-only for all. Undo: by that of the directory it is in. */
  | { readonly kind: 'make-seed'; readonly path: string; readonly label: string; readonly files: Readonly<Record<string, string>> }
  /** Makes the VM's cgroup. Undo: every process in it killed, directory removed. */
  | { readonly kind: 'make-cgroup'; readonly path: string; readonly files: Readonly<Record<string, string>> }
  /** Listens on a unix socket that QEMU inherits. Undo: closed. */
  | { readonly kind: 'listen'; readonly name: DescriptorName; readonly path: string }
  /** Makes two connected sockets. Undo: closed. */
  | { readonly kind: 'socket-pair'; readonly names: readonly [DescriptorName, DescriptorName] }
  /** Starts a process beside QEMU, confined in the same way or more and in the same cgroup, with which it ends. Undo: that of the cgroup. */
  | {
      readonly kind: 'start-helper'
      readonly argv: readonly string[]
      readonly uid: number
      readonly cgroup: string
      readonly oomScoreAdj: number
      readonly view: readonly ViewEntry[]
      /** No core is shared with anything else while it runs. */
      readonly coreScheduling: boolean
      readonly descriptors: Readonly<Record<number, DescriptorName>>
    }
  /** Makes a TAP on a bridge, link up. Undo: closed, which removes it. */
  | { readonly kind: 'open-tap'; readonly name: DescriptorName; readonly device: string; readonly bridge: string }
  /**
   * Takes a PCI function from its driver and gives it to vfio-pci. What had it is kept before anything is touched, so that whoever comes later can give it back.
   * Undo: given back to that driver.
   */
  | { readonly kind: 'hand-over'; readonly address: string; readonly vm: string }
  /** Gives a device node to the VM. Undo: it is root's alone again, if it is still there. */
  | { readonly kind: 'own-device'; readonly path: string; readonly uid: number }
  /** Starts QEMU confined. The descriptors named are passed under the numbers given and closed here afterwards. Undo: killed. */
  | {
      readonly kind: 'start-process'
      readonly argv: readonly string[]
      readonly uid: number
      readonly cgroup: string
      readonly oomScoreAdj: number
      readonly view: readonly ViewEntry[]
      /** No core is shared with anything else while it runs. */
      readonly coreScheduling: boolean
      readonly descriptors: Readonly<Record<number, DescriptorName>>
      /** Symbolic links in the view: target by name. */
      readonly links?: Readonly<Record<string, string>>
      /** Memory that it may lock, bytes; default: next to none. */
      readonly lockableBytes?: number
    }
  /** Connects to the socket of a serial port and keeps its bounded log, whose directory is made when missing. Undo: closed; the log stays. */
  | { readonly kind: 'open-serial'; readonly port: number; readonly path: string; readonly logPath: string; readonly maxLogBytes: number }
  /** Says where the channel to the guest's agent is; it is connected to when something in the guest has opened it and is asked. Undo: closed. */
  | { readonly kind: 'attach-agent'; readonly path: string }
  /** Connects to QMP, negotiates, and checks that KVM is enabled (`query-kvm`); fails otherwise. Undo: closed. */
  | { readonly kind: 'connect-qmp'; readonly path: string; readonly timeoutMs: number }
  /** Holds vCPUs to CPUs, in a group of their own where there is one, which is made. Undo: that of the VM's cgroup. */
  | {
      readonly kind: 'place-vcpus'
      readonly group: string
      readonly apart: { readonly path: string; readonly files: Readonly<Record<string, string>> } | null
      readonly cpus: readonly (readonly number[])[] | null
    }
  /** Takes one step that could also be taken later. */
  | { readonly kind: 'configure'; readonly step: LiveStep }
  /** Reads the VM's state from a file that `suspend` wrote; QEMU was started waiting for it. */
  | { readonly kind: 'restore'; readonly path: string; readonly timeoutMs: number }
  /** Lets the guest run (`cont`). */
  | { readonly kind: 'continue' }

/** Steps in order; on failure those done are undone in reverse. */
export type Plan = readonly Effect[]
