// The screen and keyboard of a VM in a booted appliance: viewers by ticket, a picture, keys. And by what else than a password one gets in, and how what it opened ends.
import { createHmac } from 'node:crypto'
import { Agent } from 'node:https'
import { describe, expect, it } from 'vitest'
import { parseBase32 } from '../../control/src/domain/base32.ts'
import { codeAt } from '../../control/src/domain/totp.ts'
import { ApiClient } from '../harness/api-client.ts'
import { EventStream } from '../harness/event-stream.ts'
import { NoVncViewer } from '../harness/novnc-viewer.ts'
import { decodePng, difference, litPixels, type Picture } from '../harness/picture.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until, within } from '../harness/wait.ts'
import { makeCertificate } from '../node/cli/certificate.ts'
import { booted } from './booted.ts'

const host = booted({ name: 'consoles' }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

let id: string
let serial: SerialSocket
let viewer: NoVncViewer

const ticket = async () => {
  const { path } = await host().api.call<{ path: string }>('POST', `/v1/vms/${id}/console/tickets`, { body: { console: 'vnc' } })
  return path
}

/** What a viewer shows, once it `holds`. */
function pictureWhen(what: string, holds: (picture: Picture) => boolean, shownBy = viewer): Promise<Picture> {
  const { machine } = host()
  const look = () => {
    const picture = shownBy.picture()
    return holds(picture) ? picture : null
  }
  return until(what, look, { timeoutMs: minutes(1), signal: machine.died })
}

const isLit = (picture: Picture) => litPixels(picture) > 1000

describe('the screen of a VM', () => {
  it('is shown to who has a ticket', async () => {
    const { api, machine, vms } = host()
    // Without USB the keys go to the keyboard that firmware and Memtest86+ have always known.
    id = (await vms.create({ ...guestSpecs.rescueCd('rescue'), usb: false })).id
    await vms.power(id, 'power-on', minutes(1))
    serial = await SerialSocket.open(api, id)
    await serial.waitFor(/Memtest86\+ v/, minutes(2), machine.died)
    viewer = await NoVncViewer.open(api, await ticket())
    const { width, height } = await pictureWhen('lit screen', isLit)
    expect([width, height, viewer.name]).toEqual([720, 400, 'QEMU (rescue)'])
  })

  it('is shown once for a ticket, and not at all for one that was never issued', async () => {
    const { api } = host()
    const path = await ticket()
    await (await NoVncViewer.open(api, path)).close()
    await expect(NoVncViewer.open(api, path)).rejects.toThrow('404')
    await expect(NoVncViewer.open(api, '/v1/consoles/never')).rejects.toThrow('404')
  })

  it('follows the keys of a viewer: F1 opens a menu over the test', async () => {
    const { machine } = host()
    const before = await pictureWhen('lit screen', isLit)
    viewer.press(0xffbe, 'F1')
    await serial.waitFor(/Settings:[\s\S]*Exit menu/, minutes(1), machine.died)
    // The test's own figures are a hundredth of the screen, the menu is a third.
    await pictureWhen('menu on the screen', (picture) => difference(before, picture) > 0.2)
  })

  it('is shown to several at once, and as a PNG to two who ask at once, the same to all', async () => {
    const { api } = host()
    const second = await NoVncViewer.open(api, await ticket())
    // Nothing moves beside the menu.
    await pictureWhen('same picture for the second viewer', (picture) => difference(viewer.picture(), picture) === 0, second)
    await second.close()
    const answers = await Promise.all([0, 1].map(() => api.request('GET', `/v1/vms/${id}/console/screenshot`)))
    for (const { status, bytes } of answers) {
      expect(status).toBe(200)
      expect(difference(viewer.picture(), decodePng(bytes))).toBe(0)
    }
  })
})

describe('what was opened with a token', () => {
  interface Made {
    readonly id: string
    readonly secret: string
  }

  it('ends with it: consoles and events, and nothing that others have open', async () => {
    const { api } = host()
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const made = await api.call<Made>('POST', '/v1/me/tokens', { body: { name: 'console', expiresAt } })
    const program = new ApiClient(api.port, api.fingerprint)
    program.token = made.secret
    try {
      const port = await SerialSocket.open(program, id)
      const { path } = await program.call<{ path: string }>('POST', `/v1/vms/${id}/console/tickets`, { body: { console: 'vnc' } })
      const screen = await NoVncViewer.open(program, path)
      const events = EventStream.open(program, 0)
      await events.waitFor('user.token.made', 'administrator', minutes(1))
      expect([port.closed, events.ended]).toEqual([false, false])
      await api.call('DELETE', `/v1/me/tokens/${made.id}`)
      await within('end of the screen', screen.disconnected, minutes(1))
      await until('end of serial port and events', () => port.closed && events.ended, { timeoutMs: minutes(1) })
      expect((await program.request('GET', '/v1/me')).status).toBe(401)
      expect(serial.closed).toBe(false)
    } finally {
      program.close()
    }
  })
})

describe('a client certificate', () => {
  it('is asked for once one is registered, and is its owner until it is revoked', async () => {
    const { api } = host()
    const { cert, key } = makeCertificate('rack-tool')
    const me = async () => {
      const agent = new Agent({ cert, key, rejectUnauthorized: false })
      try {
        return await api.request('GET', '/v1/me', { headers: { authorization: 'Certificate' }, agent })
      } finally {
        agent.destroy()
      }
    }
    expect((await me()).status).toBe(401)
    const { fingerprint } = await api.call<{ fingerprint: string }>('POST', '/v1/me/certificates', { body: { name: 'rack', pem: cert } })
    expect((await me()).json).toMatchObject({ name: 'administrator', means: 'certificate' })
    await api.call('DELETE', `/v1/me/certificates/${fingerprint}`)
    expect((await me()).status).toBe(401)
  })
})

describe('the keyboard of a VM', () => {
  it('takes keys of the API: F10 closes the menu, Escape makes Memtest86+ restart the machine', async () => {
    const { api, machine } = host()
    const menu = viewer.picture()
    await api.call('POST', `/v1/vms/${id}/keys`, { body: { keys: ['f10'] } })
    await pictureWhen('screen without the menu', (picture) => difference(menu, picture) > 0.2)
    await api.call('POST', `/v1/vms/${id}/keys`, { body: { keys: ['esc'] } })
    await serial.waitFor(/Memtest86\+ v[\s\S]*GRUB from the CD/, minutes(3), machine.died)
    expect((await api.request('POST', `/v1/vms/${id}/keys`, { body: { keys: ['any'] } })).status).toBe(422)
  })

  it('and the screen are gone with the VM, its viewers disconnected', async () => {
    const { api, vms } = host()
    serial.close()
    await vms.power(id, 'power-off', minutes(1))
    expect(await within('end of the viewer’s connection', viewer.disconnected, minutes(1))).toEqual({ clean: true })
    for (const what of ['console/screenshot', 'console/log']) {
      expect((await api.request('GET', `/v1/vms/${id}/${what}`)).status).toBe(what === 'console/log' ? 200 : 409)
    }
  })
})

describe('one-time codes', () => {
  it('are asked for at a log-in once they are on, follow the host’s clock, and are good once', async () => {
    const { api } = host()
    const { password } = host()
    const { secret } = await api.call<{ secret: string }>('POST', '/v1/me/totp', { body: { password } })
    const key = Buffer.from(parseBase32(secret) ?? [])
    const hmac = (message: Uint8Array) => new Uint8Array(createHmac('sha1', key).update(message).digest())
    const stepNow = async () => {
      const { status } = await api.call<{ status: { time: string } }>('GET', '/v1/host')
      return Math.floor(Date.parse(status.time) / 30_000)
    }
    const step = await stepNow()
    await api.call('POST', '/v1/me/totp/confirm', { body: { code: codeAt(step, hmac) } })
    const anybody = new ApiClient(api.port, api.fingerprint)
    const login = async (totp?: string) => {
      const body = { username: 'administrator', password, ...(totp === undefined ? {} : { totp }) }
      return (await anybody.request('POST', '/v1/login', { body, timeoutMs: minutes(1) })).json
    }
    expect(await login()).toMatchObject({ code: 'auth.second-factor-required' })
    expect(await login(codeAt(step, hmac))).toMatchObject({ code: 'auth.invalid-second-factor' })
    expect(await login(codeAt(Math.max(step + 1, await stepNow()), hmac))).toMatchObject({ token: expect.any(String) })
    await api.call('POST', '/v1/me/totp/remove', { body: { password } })
    expect(await login()).toMatchObject({ token: expect.any(String) })
    anybody.close()
  })
})
