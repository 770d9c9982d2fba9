// Processes: this one, and children with everything that confines them. Mechanism only.
declare module 'hv:process' {
  /**
   * One thing in the new root of a process, made in the order given. Targets are absolute inside the new root; parents are made as needed (0o755).
   * A bind holds what is mounted below its source too; it is nosuid, and nodev and noexec unless allowed otherwise: shared libraries need `allowExec`.
   */
  export type RootEntry =
    | { kind: 'bind'; source: string; target: string; readOnly: boolean; allowDevices?: boolean; allowExec?: boolean }
    | { kind: 'tmpfs'; target: string; sizeBytes: number; mode?: number; uid?: number; gid?: number }
    | { kind: 'proc'; target: string }
    | { kind: 'directory'; target: string; mode?: number; uid?: number; gid?: number }
    | { kind: 'symlink'; target: string; to: string }

  export type Namespace = 'mount' | 'net' | 'ipc' | 'uts' | 'pid' | 'cgroup'
  export type Rlimit = 'as' | 'core' | 'cpu' | 'data' | 'fsize' | 'memlock' | 'nofile' | 'nproc' | 'stack'

  /** A system call that fails without being made. `name` as the kernel has it; one that it lacks on this processor is a TypeError. */
  export interface RefusedCall {
    name: string
    /** Default `EPERM`. `ENOSYS` is for a call whose callers fall back on an older one then. */
    error?: 'EPERM' | 'ENOSYS'
    /** Only where the bits `mask` of argument 0 to 5 are `value`; each below 2^32. Of several entries with one name each counts. */
    when?: { argument: number; mask: number; value: number }
  }

  /** What a process may be and see. A field left out leaves that aspect as it is, except where said. */
  export interface Confinement {
    uid?: number
    gid?: number
    /** Supplementary groups; default none whenever `uid` is given. */
    groups?: number[]
    /**
     * The capabilities kept (`CAP_NET_ADMIN`, …) in the bounding, permitted, effective, inheritable and ambient sets; all others are gone for good.
     * Default none whenever `uid` is given and not 0.
     */
    capabilities?: string[]
    noNewPrivileges?: boolean
    namespaces?: Namespace[]
    /** Builds a tmpfs root (read-only afterwards, nosuid, nodev) from these entries and pivots into it; needs namespace `mount`. */
    root?: RootEntry[]
    /**
     * The entries of `root`, without which it is `EINVAL`, again as rules of Landlock: nothing else of the file system can be opened, not even below an inherited directory;
     * no TCP, and no signals and abstract sockets to others. As much of it as the kernel has: see `landlockVersion`. Needs `noNewPrivileges` or CAP_SYS_ADMIN.
     */
    landlock?: boolean
    /** A seccomp filter, in force before the program's first instruction, and in all that it starts. Needs `noNewPrivileges` or CAP_SYS_ADMIN. */
    refusedCalls?: RefusedCall[]
    /** A core-scheduling cookie of its own for all its threads: nothing else ever runs on a core's other threads while they do. Without effect where no core has two; `EINVAL` where the kernel cannot. */
    coreScheduling?: boolean
    /** [soft, hard]; -1 is unlimited. */
    rlimits?: Partial<Record<Rlimit, [number, number]>>
    /** -1000 to 1000. */
    oomScoreAdj?: number
    umask?: number
    cwd?: string
  }

  export interface SpawnOptions extends Confinement {
    /** `argv[0]` is the absolute path of the program, inside `root` if given. */
    argv: string[]
    /** The whole environment; default empty. */
    env?: Record<string, string>
    /** Descriptor in the child (at most 60, below 256) → descriptor here. 0, 1 and 2 default to /dev/null; no other descriptor is inherited. */
    fds?: Record<number, number>
    /** A cgroup v2 directory; the child starts in it (CLONE_INTO_CGROUP). `spawn` only. */
    cgroup?: string
    /** Default true: the child leads a session of its own. */
    newSession?: boolean
    /** A signal sent to the child when this process dies; default none. `spawn` only. */
    parentDeathSignal?: number
  }

  /** Both are null for an adopted process, whose status only its parent can read. */
  export interface ExitStatus {
    code: number | null
    signal: number | null
  }

  export interface Process {
    readonly pid: number
    /** Field 22 of /proc/PID/stat, clock ticks since boot: with `pid` it names one process for good. */
    readonly startTime: number
    /** Resolves once the process has ended (and is reaped, if it was spawned here). */
    readonly exited: Promise<ExitStatus>
    /** By pidfd, so never to a successor of the same number. Throws `ESRCH` after the end. */
    kill(signal: number): void
    /** Stops watching, leaving the process alone. `exited` then never resolves. */
    release(): void
  }

  /**
   * Starts a program. A failure of any step up to and including execve throws HostError with that step as `syscall`; nothing remains of the child.
   * With namespace `pid` the child is number 1 in it, and `pid` its number here. Wrong options are a TypeError or RangeError.
   */
  export function spawn(options: SpawnOptions): Process
  /** A running process from before this program started, or null when `pid` is gone or is another process by now. */
  export function adopt(pid: number, startTime: number): Process | null
  /** Replaces this program, after the same steps as `spawn`; returns only by throwing, with some steps taken already: then this program should end. `EINVAL` for what is `spawn` only, namespace `pid` included. */
  export function exec(options: SpawnOptions): never
  /** Confines this process itself; `EINVAL` for namespace `pid`. Steps before a failing one stay taken. */
  export function confine(confinement: Confinement): void

  export interface RunResult extends ExitStatus {
    stdout: Uint8Array
    stderr: Uint8Array
    /** True when it was killed because `timeoutMs` was over. */
    timedOut: boolean
  }
  /** Runs a helper to its end. Output past `maxOutputBytes` (default 1 MiB, each) rejects with `EFBIG`; `timeoutMs` defaults to 30000, and then it is killed with its process group. Replaces what `fds` says of 0, 1 and 2. */
  export function run(
    options: SpawnOptions & { stdin?: string | Uint8Array; maxOutputBytes?: number; timeoutMs?: number },
  ): Promise<RunResult>

  /** Of the running kernel's Landlock (its ABI); 0 where it has none. */
  export function landlockVersion(): number
  /** Arguments after the bundle's path. */
  export const args: readonly string[]
  export const pid: number
  export function env(name: string): string | undefined
  /** Ends this program at once with `code`, pending writes unsent. */
  export function exit(code: number): never
  /** The CPUs, by number, that a thread may run on, as far as its cgroup lets it. `EINVAL` when there is none of them, `ESRCH` when the thread has gone. */
  export function setAffinity(tid: number, cpus: readonly number[]): void

  /** kill(2) by number, for init's signals. */
  export function signalPid(pid: number, signal: number): void
}
