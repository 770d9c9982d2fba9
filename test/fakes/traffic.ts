// Traffic in memory: the tree that was asked for last, and how each TAP is held.
import type { NicShape, TrafficTree } from '../../control/src/domain/traffic.ts'
import type { Traffic } from '../../control/src/ports/traffic.ts'
import { FakeFailure } from './failure.ts'

export class FakeTraffic implements Traffic {
  tree: TrafficTree = { pools: { receive: [], transmit: [] }, nics: [] }
  /** By TAP, of those that are there. */
  readonly shapes = new Map<string, NicShape>()
  /** Told instead of doing anything. */
  problem: string | null = null
  /** Names of TAPs that are there. */
  readonly #taps: () => readonly string[]

  constructor(taps: () => readonly string[]) {
    this.#taps = taps
  }

  async arrange(tree: TrafficTree): Promise<readonly string[]> {
    if (this.problem !== null) return [this.problem]
    this.tree = tree
    this.shapes.clear()
    for (const nic of tree.nics) this.hold(nic)
    return []
  }

  async shape(nic: NicShape): Promise<void> {
    this.hold(nic)
  }

  hold(nic: NicShape): void {
    if (this.problem !== null) throw new FakeFailure('traffic.failed', this.problem)
    this.shapes.delete(nic.tap)
    const isHeld = nic.receive.length > 0 || nic.transmit.length > 0
    if (isHeld && this.#taps().includes(nic.tap)) this.shapes.set(nic.tap, nic)
  }
}
