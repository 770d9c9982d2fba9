// What the kernel of a host keeps when controld ends: cgroups with their processes, files, and what living processes have open.
import { FakeFailure } from './failure.ts'
import { FakePci } from './pci.ts'
import { FakeTraffic } from './traffic.ts'

/** A process, as far as its descriptors go. */
export type Holder = object

export interface Descriptor {
  readonly number: number
  readonly holder: Holder
  /** A file's path, or null. */
  readonly path: string | null
  readonly isWritable: boolean
  /** A TAP's name, or null: it is there as long as somebody has it open. */
  readonly tap: string | null
}

interface Member {
  /** Ends at once when it is killed. */
  kill(): void
}

export class FakeKernel {
  /** Processes by path of their cgroup. */
  readonly cgroups = new Map<string, Set<Member>>()
  /** What is on the tmpfs: run directories with all in them. */
  readonly runFiles = new Set<string>()
  /** Directories that outlive the machine's power: logs, and what VMs keep. */
  readonly directories = new Set<string>()
  /** Files that VMs keep. */
  readonly kept = new Set<string>()
  /** Saved memory by path, as what its hardware is; and what was read by a machine with other hardware. */
  readonly saved = new Map<string, string>()
  readonly mismatches: string[] = []
  /** Owners of disk files; root's are shared. */
  readonly owners = new Map<string, number>()
  readonly descriptors = new Map<number, Descriptor>()
  readonly pci = new FakePci()
  /** How what VMs send and receive is held. */
  readonly traffic = new FakeTraffic(() => this.taps())
  #nextDescriptor = 3

  openFile(holder: Holder, path: string, isWritable: boolean): number {
    return this.#open({ holder, path, isWritable, tap: null })
  }

  openTap(holder: Holder, tap: string): number {
    if (this.taps().includes(tap)) throw new FakeFailure('host.EBUSY', `the TAP ${tap} is there already`)
    return this.#open({ holder, path: null, isWritable: true, tap })
  }

  /** What SCM_RIGHTS and inheriting do. */
  pass(number: number, holder: Holder): Descriptor {
    const found = this.descriptors.get(number)
    if (found === undefined) throw new FakeFailure('host.EBADF')
    const { path, isWritable, tap } = found
    const passed = this.#open({ holder, path, isWritable, tap })
    return this.descriptors.get(passed) ?? found
  }

  close(number: number): void {
    this.descriptors.delete(number)
  }

  closeAll(holder: Holder): void {
    for (const { number, holder: other } of this.descriptors.values()) if (other === holder) this.descriptors.delete(number)
  }

  /** Names of TAPs that are there. */
  taps(): readonly string[] {
    return [...new Set([...this.descriptors.values()].flatMap(({ tap }) => tap ?? []))].sort()
  }

  makeRunDirectory(path: string): void {
    this.removeRunDirectory(path)
    this.runFiles.add(path)
  }

  /** A file, such as a socket that is listened on, in a directory that is there. */
  makeRunFile(path: string): void {
    if (!this.runFiles.has(path.slice(0, path.lastIndexOf('/')))) throw new FakeFailure('host.ENOENT', path)
    if (this.runFiles.has(path)) throw new FakeFailure('host.EADDRINUSE', path)
    this.runFiles.add(path)
  }

  removeRunDirectory(path: string): void {
    removeTree(this.runFiles, path)
  }

  makeCgroup(path: string): void {
    if (this.cgroups.has(path)) throw new FakeFailure('host.EEXIST', path)
    this.cgroups.set(path, new Set())
  }

  join(path: string, member: Member): void {
    const members = this.cgroups.get(path)
    if (members === undefined) throw new FakeFailure('host.ENOENT', path)
    members.add(member)
  }

  killCgroup(path: string): void {
    for (const member of this.cgroups.get(path) ?? []) member.kill()
  }

  removeCgroup(path: string): void {
    this.cgroups.delete(path)
  }

  removeKept(path: string): void {
    removeTree(this.kept, path)
    removeTree(this.directories, path)
  }

  /** What power does not outlive is gone. */
  powerCut(): void {
    this.cgroups.clear()
    this.runFiles.clear()
    this.descriptors.clear()
    this.pci.powerCut()
  }

  #open(what: Omit<Descriptor, 'number'>): number {
    const number = this.#nextDescriptor++
    this.descriptors.set(number, { number, ...what })
    return number
  }
}

function removeTree(files: Set<string>, path: string): void {
  for (const file of [...files]) if (file === path || file.startsWith(`${path}/`)) files.delete(file)
}
