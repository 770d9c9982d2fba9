// What the kernel was told at boot, read back from it: every line of sysctl.conf, and that it takes no module any more.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { repository } from '../harness/paths.ts'

const read = (path: string) => readFileSync(join(repository, 'rootfs', path), 'utf8')

/** `/proc/sys` path → value. */
const settings = new Map(
  [...read('etc/sysctl.conf').matchAll(/^([\w.-]+) = (\S+)$/gm)].map(([, name = '', value = '']) => [name.replaceAll('.', '/'), value]),
)

/** `mayLack`: settings that a kernel may have been built without. */
export function kernelSettingsOf(host: () => Appliance, mayLack: readonly string[] = []): void {
  const seen = (script: string) => host().probe.output(script)

  it('every kernel setting is as sysctl.conf says', async () => {
    expect(settings.size).toBeGreaterThan(40)
    const names = [...settings.keys()]
    // One process for all: they are dear on an emulated machine.
    const script = `cd /proc/1/root/proc/sys; set --; for name in ${names.join(' ')}; do [ -e $name ] && set -- "$@" $name; done; echo $*; cat $*`
    const [there = '', ...values] = (await seen(script)).split('\n')
    const found = there.split(' ').map((name, at) => [name, values[at] ?? ''] as const)
    const lacking = names.filter((name) => !there.split(' ').includes(name)).map((name) => name.replaceAll('/', '.'))
    expect(lacking.filter((name) => !mayLack.includes(name))).toEqual([])
    expect(found.filter(([name, value]) => value !== settings.get(name))).toEqual([])
  })

  describe('once the boot is over', () => {
    it('no module is loaded or taken out any more, not even by root with one of the image’s own', async () => {
      expect(await seen('cat /proc/sys/kernel/modules_disabled /proc/sys/kernel/modprobe')).toBe('1')
      const module = '$(find /proc/1/root/usr/lib/modules -name veth.ko)'
      expect(await seen(`ls ${module} | wc -l; insmod ${module} 2>&1; rmmod bridge 2>&1; ip link add v0 type veth 2>&1; true`)).toMatch(
        /^1\ninsmod: .*Operation not permitted\nrmmod: .*(Operation not permitted|Function not implemented)\nip: .*not supported/,
      )
      await expect(seen('echo 0 >/proc/sys/kernel/modules_disabled')).rejects.toThrow(/Invalid argument|Operation not permitted/)
    })

    it('what was listed for later is there', async () => {
      const names = read('usr/lib/corbel/modules').replaceAll(/#.*/g, '').split(/\s+/).filter(Boolean)
      const script = `for name in ${names.join(' ').replaceAll('-', '_')}; do [ -d /sys/module/$name ] || echo $name; done
        cat /proc/1/root/usr/lib/modules/*/modules.builtin`
      const text = await seen(script)
      const [missing = [], builtin = []] = [/^\w+$/, /\//].map((kind) => text.split('\n').filter((line) => kind.test(line)))
      const builtIn = new Set(builtin.map((path) => path.replace(/.*\//, '').replace('.ko', '').replaceAll('-', '_')))
      expect(missing.filter((name) => !builtIn.has(name))).toEqual([])
    })
  })
}
