// Carries out what was asked for in the boot menu: the configuration before its last change, or the management network at its defaults. Once in a boot, and never by anybody but who stands at the machine.
import { defaultNetwork } from '../domain/network.ts'
import { NETWORK_KEYS, resolveNetwork } from '../domain/network-kept.ts'
import type { Generations } from './generations.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

const SETTING = 'boot-request'
const HOST = { kind: 'host', id: 'host' } as const

interface Done {
  readonly bootId: string
  /** The generation that was put back, and the one that came of it: asked for again, it is the one before that. */
  readonly restored: number | null
  readonly made: number | null
}

type Ports = Pick<AppPorts, 'store' | 'host'>

export async function carryOutBootRequest(
  { store, host }: Ports,
  ledger: Pick<Ledger, 'write'>,
  generations: Pick<Generations, 'list' | 'restore'>,
): Promise<void> {
  const { previousGeneration, resetNetwork } = host.bootRequest
  const before = store.getSetting(SETTING) as Done | null
  if ((!previousGeneration && !resetNetwork) || before?.bootId === host.bootId) return
  const newest = () => generations.list(null, 1)[0]?.number ?? 0
  let restored: number | null = null
  if (previousGeneration) {
    restored = (before?.made === newest() && before.restored !== null ? before.restored : newest()) - 1
    await restore(restored)
  }
  const made = newest()
  ledger.write((draft) => {
    if (resetNetwork) {
      const { revision, settings } = resolveNetwork((key) => store.getSetting(key), null)
      draft.putSetting(NETWORK_KEYS.network, { revision: revision + 1, settings: defaultNetwork(settings.hostname) })
      draft.event(
        'network.reset-at-boot',
        'warning',
        HOST,
        'The management network was put back to its defaults, asked for in the boot menu.',
      )
    }
    draft.putSetting(SETTING, { bootId: host.bootId, restored, made } satisfies Done)
  }, 'console')

  async function restore(number: number): Promise<void> {
    try {
      await generations.restore(number, { by: 'console', dryRun: false, networkAtOnce: true })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      ledger.write((draft) =>
        draft.event('host.restore-refused', 'warning', HOST, `Asked for in the boot menu, and not done: ${error.message}`),
      )
    }
  }
}
