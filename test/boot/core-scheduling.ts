// VMs that let nothing else onto a core that they are on, on whatever kernel: seen by the cookies of threads.
import { describe, expect, it } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'

/** Boots from an empty drive. */
const STILL = { memoryMiB: 64, boot: { from: 'order', devices: ['cdrom0'] }, cdroms: [{}], display: 'none', usb: false }

/** On a machine with two threads a core, the probe in it. */
export function coreSchedulingOf(host: () => Appliance): void {
  describe('a VM with core scheduling', () => {
    it('has one cookie for all its threads, which nothing else has; a kernel that gives none refuses it', async () => {
      const { probe, vms } = host()
      const minute = host().patience(10_000)
      const made = async (spec: object) => (await vms.create({ ...STILL, ...spec })).id
      const started = async (spec: object): Promise<number> => {
        const id = await made(spec)
        await vms.power(id, 'power-on', minute)
        return (await vms.waitForPowerState(id, 'running', minute)).status.pid ?? 0
      }
      const [controld = 0] = await probe.pidsOf('hv-core', 'controld.qjb')
      if ((await probe.output(`cookies ${controld}`)).includes('EINVAL')) {
        // As the quick base's kernel does: it was not built with it.
        await expect(vms.power(await made({ name: 'alone', coreScheduling: true }), 'power-on', minute)).rejects.toThrow(
          /core-scheduling\.unavailable/,
        )
        return
      }
      const alone = await started({ name: 'alone', coreScheduling: true })
      const another = await started({ name: 'another', coreScheduling: true })
      const open = await started({ name: 'open' })
      const lines = (await probe.output(`cookies ${alone} ${another} ${open} ${controld}`)).split('\n').map((line) => line.split(' '))
      const cookies = (pid: number) => [...new Set(lines.filter(([owner]) => owner === String(pid)).map(([, , cookie]) => cookie))]
      expect(lines.filter(([owner]) => owner === String(alone)).length).toBeGreaterThan(2)
      expect([cookies(alone).length, cookies(another).length]).toEqual([1, 1])
      expect([...cookies(alone), ...cookies(another)].every((cookie) => /^[0-9a-f]{2,}$/.test(cookie ?? ''))).toBe(true)
      expect(cookies(alone)).not.toEqual(cookies(another))
      expect([cookies(open), cookies(controld)]).toEqual([['0'], ['0']])
    })
  })
}
