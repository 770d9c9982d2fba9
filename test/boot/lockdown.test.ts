// Lockdown on a booted appliance: by the network, by the console, by its USB ports; and the way back in by the recovery code, typed on the serial line.
import { describe, expect, it } from 'vitest'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'

const NEW_PASSWORD = 'typed-on-the-serial-line'

/** Keys of a terminal without function keys. */
const F2 = '\x1b2'
const F8 = '\x1b8'
const F11 = '\x1b-'

/** A slot with a USB host, and a stick to put into it. */
const usb = { slot: 1, device: 'qemu-xhci', backend: ['-blockdev', 'null-co,node-name=stick,size=1048576,read-zeroes=on'] }
const host = booted({ name: 'lockdown', probe: true, memoryMiB: 1536, hardware: { cards: [usb] } }, (appliance) =>
  appliance.readyAndLoggedIn(),
)
const seconds = (count: number) => host().patience(count * 1000)

interface View {
  readonly mode: string
  readonly revision: number
  readonly recoveryCodeSince: string | null
}

const view = () => host().api.call<View>('GET', '/v1/host/lockdown')

async function lock(mode: string, breakGlass: readonly string[] = []) {
  const { revision } = await view()
  const body = { mode, apiUsers: ['administrator'], breakGlass }
  return host().api.request('PUT', '/v1/host/lockdown', { body, headers: { 'if-match': `"${revision}"` } })
}

async function makeCode(): Promise<string> {
  const { api } = host()
  const { code, confirm } = await api.call<{ code: string; confirm: readonly number[] }>('POST', '/v1/host/recovery-code')
  const groups = confirm.map((number) => code.split('-')[number - 1])
  await api.call('POST', '/v1/host/recovery-code/confirm', { body: { groups } })
  return code
}

const shown = (pattern: RegExp) => host().screen.waitFor(pattern, seconds(15), host().machine.died)

/** `0627:0001 1`: each USB device that is plugged in, and whether a driver may have it. */
async function plugged(): Promise<readonly string[]> {
  const script =
    'cd /sys/bus/usb/devices; for d in [0-9]*-*; do [ -e $d/idVendor ] && echo "$(cat $d/idVendor):$(cat $d/idProduct) $(cat $d/authorized)"; done; true'
  return (await host().probe.output(script)).split('\n').filter((line) => line !== '')
}

const refusals = async () => {
  const { items } = await host().api.call<{ items: readonly { code: string; message: string }[] }>('GET', '/v1/events')
  return items.flatMap(({ code, message }) => (code === 'usb.refused' ? [message] : []))
}

describe('a locked host', () => {
  it('lets nobody log in at its console who is not on its break-glass list, and those who are', async () => {
    const { screen, password } = host()
    expect((await lock('locked')).status).toBe(200)
    await shown(/LOCKED/)
    screen.type(F2)
    await shown(/Password/)
    screen.type(`${password}\r`)
    await shown(/only users of its break-glass list/)
    screen.type('\x1b\x1b')
    expect((await lock('locked', ['administrator'])).status).toBe(200)
    screen.type(F2)
    await shown(/Password/)
    screen.type(`${password}\r`)
    await shown(/Lockdown mode/)
    screen.type('\x1b\x1b')
    await shown(/F2 Customize/)
  })

  it('lets in a keyboard that is plugged in, and neither a disk nor a network card, until it is opened', async () => {
    const { qmp } = host().machine
    await qmp.run('netdev_add', { type: 'user', id: 'stray', restrict: true })
    await qmp.run('device_add', { driver: 'usb-kbd', bus: 'card1.0', id: 'kbd' })
    await qmp.run('device_add', { driver: 'usb-storage', drive: 'stick', bus: 'card1.0', id: 'disk' })
    await qmp.run('device_add', { driver: 'usb-net', netdev: 'stray', bus: 'card1.0', id: 'net' })
    const told = await until('two refusals', async () => ((await refusals()).length >= 2 ? refusals() : null), { timeoutMs: seconds(15) })
    expect(told.filter((message) => /storage/.test(message))).toHaveLength(1)
    expect(told.filter((message) => /network or modem/.test(message))).toHaveLength(1)
    const used = async () => (await plugged()).map((line) => line.split(' ')[1]).sort()
    await until('the keyboard', async () => (await used()).join('') === '001', { timeoutMs: seconds(10) })
    expect((await plugged()).find((line) => line.endsWith(' 1'))).toBe('0627:0001 1')
    // No disk of it has appeared.
    expect(await host().probe.output('ls /sys/block | grep -c "^sd" || true')).toBe('0')
    expect((await lock('normal')).status).toBe(200)
    await until('all of them', async () => (await used()).join('') === '111', { timeoutMs: seconds(10) })
    expect(await refusals()).toHaveLength(2)
  })
})

describe('strict lockdown', () => {
  it('needs a recovery code, lets nobody log in at the console, and is opened there by the code, once', async () => {
    const { api, screen } = host()
    expect(await lock('strict')).toMatchObject({ status: 422 })
    const code = await makeCode()
    expect((await lock('strict', ['administrator'])).status).toBe(200)
    await shown(/STRICT/)
    screen.type(F2)
    await shown(/nobody may log in here/)

    // Over the network the code is worth nothing.
    expect(await api.request('POST', '/v1/console/recovery', { body: { code } })).toMatchObject({ status: 403 })
    expect((await view()).mode).toBe('strict')

    screen.type(F8)
    await shown(/Group 8/)
    screen.type('123456')
    await shown(/has been mistyped/)
    screen.type('\x1b\x1b')
    await shown(/F8 Recovery code/)
    screen.type(F8)
    await shown(/Group 8/)
    screen.type(code.replaceAll('-', ''))
    await shown(new RegExp(code.split('-')[7] ?? ''))
    screen.type(`${NEW_PASSWORD}\t${NEW_PASSWORD}\r`)
    await shown(/gets the new password/)
    screen.type(F11)
    await shown(/Log in with F2/)
    await api.login(NEW_PASSWORD)
    expect(await view()).toMatchObject({ mode: 'normal', recoveryCodeSince: null })
  })
})
