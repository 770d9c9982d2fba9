// Seeds that are refused or absent: what the console says, and who is let in before and after a password has been set there.
import { describe, expect, it } from 'vitest'
import { withAppliance } from './booted.ts'

const password = 'typed-by-hand-1'

const badSeed = {
  version: 1,
  hostname: 'no spaces allowed',
  administrator: { password: 'short' },
  management: { ipv4: { mode: 'static', address: '10.0.2.300/24' } },
  colour: 'blue',
}

/** QEMU key codes for `password`. */
const keyNames = [...password].map((letter) => (letter === '-' ? 'minus' : letter))

describe('a refused seed', () => {
  it('is reported field by field on the console; then a password typed on the serial port lets the administrator in', async () => {
    await withAppliance(
      { name: 'seed-refused', seed: badSeed, terminal: { columns: 100, rows: 45 } },
      async ({ api, machine, patience, ready, screen }) => {
        await ready()
        const shown = await screen.waitFor(/hostname/, patience(15_000), machine.died)
        for (const field of ['hostname', 'administrator', 'address', 'colour']) expect(shown).toContain(field)
        // No part of the refused document was applied, its password least of all, and no secret is shown.
        expect(shown).not.toContain('short"')
        const early = await api.request('POST', '/v1/login', { body: { username: 'administrator', password: 'short' } })
        expect(early).toMatchObject({ status: 409, json: { code: 'setup.required' } })
        expect((await api.request('POST', '/v1/setup', { body: { password } })).status).toBeGreaterThan(400)

        await screen.waitFor(/[Pp]assword/, patience(10_000), machine.died)
        screen.type(`${password}\t${password}\r`)
        await screen.waitFor(/^(?![\s\S]*Once more)/, patience(15_000), machine.died)
        await api.login(password)
        expect((await api.request('GET', '/v1/vms')).status).toBe(200)
      },
    )
  })
})

describe('without a seed', () => {
  it('the screen asks for a password, and until one is typed on the keyboard nobody is let in', async () => {
    await withAppliance({ name: 'seed-absent', seed: null, dataDisk: null }, async ({ api, machine, patience, ready, screen }) => {
      await ready()
      await screen.waitFor(/Once more/, patience(15_000), machine.died)
      const early = await api.request('POST', '/v1/login', { body: { username: 'administrator', password } })
      expect(early).toMatchObject({ status: 409, json: { code: 'setup.required' } })
      expect((await api.request('GET', '/v1/vms')).status).toBe(401)

      await machine.screenshot('before')
      await machine.qmp.sendKeys([...keyNames, 'tab', ...keyNames, 'ret'])
      // The serial console follows: it is the same appliance.
      await screen.waitFor(/^(?![\s\S]*Once more)/, patience(15_000), machine.died)
      await machine.screenshot('after')
      await api.login(password)
      expect((await api.request('GET', '/v1/vms')).status).toBe(200)
      await expect(api.call('POST', '/v1/setup', { body: { password } })).rejects.toThrow()
    })
  })

  it.each([
    ['an empty disk is left alone without being asked', 'never', false],
    ['a blank disk is made the datastore when the seed says so', 'if-blank', true],
  ])('%s', async (_, initialize, present) => {
    const seed = {
      version: 1,
      administrator: { password },
      datastore: { disk: { serial: 'DATA1' }, initialize },
    }
    await withAppliance({ name: `seed-disk-${initialize}`, seed, blankDiskMiB: 2048, probe: true }, async ({ api, ready }) => {
      await ready()
      await api.login(password)
      const { items } = await api.call<{ items: readonly { name: string }[] }>('GET', '/v1/datastores')
      expect(items.some(({ name }) => name === 'local')).toBe(present)
    })
  })
})
