// The screen and keyboard of a VM in a booted appliance: viewers by ticket, a picture, keys.
import { describe, expect, it } from 'vitest'
import { NoVncViewer } from '../harness/novnc-viewer.ts'
import { decodePng, difference, litPixels, type Picture } from '../harness/picture.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until, within } from '../harness/wait.ts'
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
