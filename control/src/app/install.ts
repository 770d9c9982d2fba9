// The installation, by whoever stands at the machine or by a seed: one at a time, followed as it goes, told of when it has ended.
import type {
  InstallCandidate,
  InstallDisk,
  InstallPreview,
  InstallState,
  InstallTarget,
  InstallView,
  WipePolicy,
} from '../domain/install.ts'
import type { InstallJob } from '../domain/install-job.ts'
import { firstBootText, type InstallRequest } from '../domain/install-request.ts'
import type { Problem } from '../domain/problem.ts'
import type { NewRecoveryCode } from '../domain/recovery-code.ts'
import type { Seed } from '../domain/seed.ts'
import { chooseDisks, type Planned, planInstall, planInstallation } from '../plan/install.ts'
import type { HostPower } from './host-power.ts'
import type { Ledger } from './ledger.ts'
import { createNewRecoveryCode } from './new-recovery-code.ts'
import type { AppPorts } from './ports.ts'
import { invalid, isHostFailure, Refusal } from './refusal.ts'

export interface Installation {
  view(): InstallView
  /** Refuses with `install.not-asked` unless the host was started to install. */
  require(): void
  /** Every disk as it is now, and whether it can be used at all. Refuses with `install.not-asked`. */
  disks(): Promise<readonly InstallCandidate[]>
  /** What {@link start} would do with this, having refused what it would. */
  preview(request: InstallRequest): Promise<InstallPreview>
  /** A recovery code for the new host; with {@link confirmCode} it becomes that host's. */
  makeCode(): Promise<NewRecoveryCode>
  confirmCode(groups: readonly string[]): void
  /** Returns once it has begun. Refuses with `install.not-asked`, `install.busy`, or what is wrong with the disk. */
  start(request: InstallRequest): Promise<InstallView>
  /** After the installation. Refuses with `install.not-done`. */
  leave(how: 'restart' | 'power-off'): void
  /** Installs as the seed says, where one does. Never rejects. */
  followSeed(): Promise<void>
}

interface Asked {
  readonly target: InstallTarget
  readonly mirror: InstallTarget | undefined
  readonly wipe: WipePolicy
  readonly seedSha256: string | null
  /** Made only when the disk may be written to. */
  firstBoot(): Promise<string | null>
}

/** Disks behind slow controllers appear late. */
const DISK_WAIT_MS = 15_000
const LOOK_AGAIN_MS = 1_000
/** So that the outcome can be read. */
const LEAVE_AFTER_MS = 5_000
const HOST = { kind: 'host', id: 'host' } as const

/** Of each disk. */
function contentsOf(disks: readonly InstallDisk[]): string {
  return disks.map(({ contents }) => contents).join('; ')
}

type Ports = Pick<AppPorts, 'host' | 'installer' | 'passwords' | 'random' | 'clock' | 'log'>

export function createInstallation(
  ports: Ports,
  ledger: Pick<Ledger, 'write'>,
  power: Pick<HostPower, 'restart' | 'powerOff'>,
): Installation {
  const { host, installer, passwords, clock, log } = ports
  const mode = () => host.bootOutcome.install.mode
  const wish = () => (mode() === 'seed' ? (host.bootOutcome.seed.document?.install ?? null) : null)
  const code = createNewRecoveryCode(ports)
  let state: InstallState = 'idle'
  let disks: readonly InstallDisk[] = []
  let progress: InstallView['progress'] = null
  let problem: Problem | null = null
  let recoveryHash: string | null = null

  const view = (): InstallView => {
    const [device = null, mirror = null] = disks.map((disk) => disk.device)
    return { mode: mode(), state, device, mirror, progress, problem, afterwards: wish()?.then ?? 'restart' }
  }

  function requireInstaller(): void {
    if (['ask', 'seed'].includes(mode())) return
    throw new Refusal('conflict', 'install.not-asked', 'The host was not started to install. Choose that at the boot menu of its medium.')
  }

  /** Told of in the events and so in the kernel's log. A failure of the store keeps nobody from installing. */
  function tell(code: string, severity: 'info' | 'error', message: string): void {
    log(severity === 'error' ? 'error' : 'info', message)
    try {
      ledger.write((draft) => draft.event(code, severity, HOST, message))
    } catch (error) {
      log('warning', `the event ${code} could not be kept: ${String(error)}`)
    }
  }

  const decide = async (asked: Pick<Asked, 'target' | 'mirror' | 'wipe'>): Promise<Planned> =>
    planInstallation(await installer.observe(), asked)

  /** Whether they have come is for whoever chooses them to say. */
  async function awaitDisks(asked: Pick<Asked, 'target' | 'mirror'>): Promise<void> {
    const deadline = clock.monotonicMs() + DISK_WAIT_MS
    while ('problem' in chooseDisks(await installer.observe(), asked) && clock.monotonicMs() < deadline) {
      await new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve))
    }
  }

  async function carryOut(job: InstallJob, what: string): Promise<void> {
    try {
      await installer.install(job, (now) => {
        if (now.step !== progress?.step) log('info', `install: ${now.step} (${now.percent} %)`)
        progress = now
      })
      state = 'done'
      tell('install.done', 'info', `Corbel ${job.version} is installed on ${what}.`)
    } catch (error) {
      const found = isHostFailure(error) ? { code: error.code, message: error.message } : { code: 'install.failed', message: String(error) }
      problem = { ...found, field: '' }
      state = 'failed'
      tell('install.failed', 'error', `The installation on ${what} failed: ${problem.message}`)
    }
  }

  /** Null when it has begun; `ended` resolves when it is over, however. */
  async function begin(asked: Asked): Promise<{ readonly problem: Problem } | { readonly problem: null; readonly ended: Promise<void> }> {
    if (state === 'running' || state === 'done')
      throw new Refusal('conflict', 'install.busy', 'An installation is under way or done already.')
    const before = state
    state = 'running'
    problem = null
    progress = null
    try {
      const decided = await decide(asked)
      if ('problem' in decided) {
        state = before
        return decided
      }
      const { action } = decided
      disks = decided.disks
      const [first, ...others] = decided.disks.map(({ device, sizeBytes }) => ({ device, sizeBytes }))
      if (first === undefined) throw new Error('an installation without a disk')
      const job: InstallJob = {
        ...{ action, disks: [first, ...others], medium: installer.mediumName() },
        ...{ version: host.facts.version, seedSha256: asked.seedSha256, at: clock.now() },
        firstBoot: action === 'fresh' ? await asked.firstBoot() : null,
      }
      const what = disks
        .map(({ device, model, serial }) => [device, model, serial].filter((part) => part !== null).join(', '))
        .join(' and ')
      tell('install.started', 'info', `Corbel ${job.version} is being installed on ${what}, which held ${contentsOf(disks)}.`)
      return { problem: null, ended: carryOut(job, what) }
    } catch (error) {
      state = before
      throw error
    }
  }

  async function hashOf(administrator: Seed['administrator']): Promise<string | null> {
    if (administrator?.password !== undefined) return passwords.hash(administrator.password)
    return administrator?.passwordHash ?? null
  }

  function leave(how: 'restart' | 'power-off'): void {
    if (how === 'restart') power.restart('the installer')
    else power.powerOff('the installer')
  }

  /** Nobody is there to ask once more; whatever keeps it from being noted as a task, the machine leaves. */
  function leaveAnyhow(how: 'restart' | 'power-off'): void {
    try {
      leave(how)
    } catch (error) {
      log('warning', `${how} after the installation: ${String(error)}`)
      if (how === 'restart') host.restart()
      else host.powerOff()
    }
  }

  async function leaveReceipt(): Promise<void> {
    const { seedSha256 } = host.bootOutcome.install
    const receipt = {
      format: 1,
      version: host.facts.version,
      at: clock.now(),
      seedSha256,
      outcome: state,
      device: view().device,
      mirror: view().mirror,
      problem,
    }
    try {
      const written = await installer.leaveReceipt(`${JSON.stringify(receipt, null, 2)}\n`)
      log('info', written ? 'the receipt is on the seed’s medium' : 'the seed’s medium takes no receipt')
    } catch (error) {
      log('warning', `the receipt could not be written: ${String(error)}`)
    }
  }

  return {
    view,
    require: requireInstaller,
    async disks() {
      requireInstaller()
      return (await installer.observe()).map((disk) => {
        const planned = planInstall(disk, 'everything')
        return { ...disk, unusable: 'problem' in planned ? planned.problem.message : null }
      })
    },
    async preview(request) {
      requireInstaller()
      const decided = await decide({ mirror: undefined, ...request })
      if ('problem' in decided) throw invalid([decided.problem])
      const [device = '', mirror = null] = decided.disks.map((disk) => disk.device)
      return { device, mirror, action: decided.action, contents: contentsOf(decided.disks) }
    },
    makeCode() {
      requireInstaller()
      return code.make()
    },
    confirmCode(groups) {
      requireInstaller()
      recoveryHash = code.check(groups)
      code.forget()
    },
    async start(request) {
      requireInstaller()
      const { target, mirror, wipe, administrator, ...settings } = request
      const firstBoot = async () => firstBootText(settings, { passwordHash: await hashOf(administrator), recoveryHash })
      const begun = await begin({ target, mirror, wipe, seedSha256: null, firstBoot })
      if (begun.problem !== null) throw invalid([begun.problem])
      return view()
    },
    leave(how) {
      if (state !== 'done') throw new Refusal('conflict', 'install.not-done', 'Nothing has been installed.')
      leave(how)
    },
    async followSeed() {
      const { document } = host.bootOutcome.seed
      const { seedSha256 } = host.bootOutcome.install
      const asked = wish()
      if (asked === null || document === null) return
      try {
        const firstBoot = async () =>
          firstBootText(document, { passwordHash: await hashOf(document.administrator), recoveryHash: document.recoveryCode?.hash ?? null })
        const { target, mirror, wipe } = asked
        await awaitDisks({ target, mirror })
        const begun = await begin({ target, mirror, wipe, seedSha256, firstBoot })
        if (begun.problem === null) await begun.ended
        else {
          problem = begun.problem
          state = 'failed'
          tell('install.refused', 'error', `The seed’s installation was refused: ${problem.field} ${problem.message}.`)
        }
      } catch (error) {
        problem = { code: 'install.failed', field: '', message: error instanceof Error ? error.message : String(error) }
        state = 'failed'
        tell('install.failed', 'error', `The seed’s installation failed: ${problem.message}`)
      }
      await leaveReceipt()
      if (state === 'done') clock.after(LEAVE_AFTER_MS, () => leaveAnyhow(asked.then))
    },
  }
}
