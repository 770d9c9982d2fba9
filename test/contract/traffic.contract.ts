// What every implementation of the traffic port promises of classes. That packets go by them is seen on the booted appliance.
import { describe, expect, it } from 'vitest'
import type { TrafficClass, TrafficTree } from '../../control/src/domain/traffic.ts'
import type { Traffic } from '../../control/src/ports/traffic.ts'

export interface TrafficBench {
  readonly traffic: Traffic
  /** Another one over the same kernel, which knows nothing of what the first has done. */
  again(): Traffic
  /** What guests receive by: number, parent and rate of each class, in the order of numbers; null when the kernel has nothing of ours. */
  classes(): Promise<readonly (readonly [number, number, number])[] | null>
}

const cls = (minor: number, parent: number, bytesPerSecond: number): TrafficClass => ({ minor, parent, bytesPerSecond, burstBytes: 8192 })
const tree = (...receive: TrafficClass[]): TrafficTree => ({ pools: { receive, transmit: [] }, nics: [] })

/** `make` gives one over a kernel that has nothing of ours. */
export function trafficContract(make: () => TrafficBench): void {
  describe('classes', () => {
    it('are there when they are arranged, one in the other, and gone when they are not', async () => {
      const { traffic, classes } = make()
      expect(await traffic.arrange(tree(cls(1, 0, 2_000_000), cls(2, 1, 65_536)))).toEqual([])
      expect(await classes()).toEqual([
        [1, 0, 2_000_000],
        [2, 1, 65_536],
      ])
      expect(await traffic.arrange(tree())).toEqual([])
      expect(await classes()).toBeNull()
    })

    it('change their rates and places', async () => {
      const { traffic, classes } = make()
      await traffic.arrange(tree(cls(1, 0, 2_000_000), cls(2, 1, 65_536), cls(3, 2, 65_536)))
      expect(await traffic.arrange(tree(cls(1, 0, 3_000_000), cls(2, 0, 65_536), cls(3, 2, 65_536)))).toEqual([])
      expect(await classes()).toEqual([
        [1, 0, 3_000_000],
        [2, 0, 65_536],
        [3, 2, 65_536],
      ])
      await traffic.arrange(tree())
    })

    it('that somebody else left are what is wanted, or gone', async () => {
      const { traffic, again, classes } = make()
      await traffic.arrange(tree(cls(1, 0, 2_000_000), cls(2, 1, 65_536), cls(3, 0, 65_536)))
      const other = again()
      expect(await other.arrange(tree(cls(2, 0, 70_000), cls(3, 2, 65_536)))).toEqual([])
      expect(await classes()).toEqual([
        [2, 0, 70_000],
        [3, 2, 65_536],
      ])
      expect(await again().arrange(tree())).toEqual([])
      expect(await classes()).toBeNull()
    })

    it('are those that were asked for last, whatever was still under way', async () => {
      const { traffic, classes } = make()
      await Promise.all([
        traffic.arrange(tree(cls(1, 0, 2_000_000))),
        traffic.arrange(tree(cls(2, 0, 2_000_000))),
        traffic.arrange(tree(cls(1, 0, 70_000))),
      ])
      expect(await classes()).toEqual([[1, 0, 70_000]])
      await traffic.arrange(tree())
    })

    it('of a TAP that is not there wait for it', async () => {
      const { traffic, classes } = make()
      const nic = { tap: 'vm0n0', receive: [cls(0x108, 0, 65_536)], transmit: [] }
      expect(await traffic.arrange({ ...tree(), nics: [nic] })).toEqual([])
      expect(await classes()).toBeNull()
    })
  })
}
