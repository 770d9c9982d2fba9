// The screen and keyboard of a VM in a booted appliance: viewers by ticket, a picture, keys.
import { describe, expect, it } from 'vitest'
import { RfbViewer } from '../harness/rfb-viewer.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { booted } from './booted.ts'

const host = booted({ name: 'consoles' }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

let id: string
let serial: SerialSocket
let viewer: RfbViewer

const ticket = async () => {
  const { path } = await host().api.call<{ path: string }>('POST', `/v1/vms/${id}/console/tickets`, { body: { console: 'vnc' } })
  return path
}

describe('the screen of a VM', () => {
  it('is shown to who has a ticket', async () => {
    const { api, machine, vms } = host()
    // Without USB the keys go to the keyboard that firmware and Memtest86+ have always known.
    id = (await vms.create({ ...guestSpecs.rescueCd('rescue'), usb: false })).id
    await vms.power(id, 'power-on', minutes(1))
    serial = await SerialSocket.open(api, id)
    await serial.waitFor(/Memtest86\+ v/, minutes(2), machine.died)
    viewer = await RfbViewer.open(api, await ticket())
    expect(viewer.width * viewer.height).toBeGreaterThan(100_000)
    expect(await viewer.litPixels()).toBeGreaterThan(1000)
  })

  it('is shown to several at once', async () => {
    const second = await RfbViewer.open(host().api, await ticket())
    expect([second.width, second.height]).toEqual([viewer.width, viewer.height])
    expect(await second.litPixels()).toBeGreaterThan(1000)
    expect(await viewer.litPixels()).toBeGreaterThan(1000)
    second.close()
  })

  it('is shown once for a ticket, and not at all for one that was never issued', async () => {
    const { api } = host()
    const path = await ticket()
    const once = await RfbViewer.open(api, path)
    once.close()
    await expect(RfbViewer.open(api, path)).rejects.toThrow('refused with 404')
    await expect(RfbViewer.open(api, '/v1/consoles/never')).rejects.toThrow('refused with 404')
  })

  it('is a PNG of the same size, for two who ask at once', async () => {
    const { api } = host()
    const pictures = await Promise.all([0, 1].map(() => api.request('GET', `/v1/vms/${id}/console/screenshot`)))
    for (const { status, bytes: picture } of pictures) {
      expect(status).toBe(200)
      expect(picture.subarray(1, 4).toString('latin1')).toBe('PNG')
      expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([viewer.width, viewer.height])
      expect(picture.subarray(-8, -4).toString('latin1')).toBe('IEND')
    }
  })
})

describe('the keyboard of a VM', () => {
  it('takes keys: Escape makes Memtest86+ restart the machine', async () => {
    const { api, machine } = host()
    await api.call('POST', `/v1/vms/${id}/keys`, { body: { keys: ['esc'] } })
    await serial.waitFor(/Memtest86\+ v[\s\S]*GRUB from the CD/, minutes(3), machine.died)
    expect((await api.request('POST', `/v1/vms/${id}/keys`, { body: { keys: ['any'] } })).status).toBe(422)
  })

  it('and the screen are gone with the VM', async () => {
    const { api, vms } = host()
    viewer.close()
    serial.close()
    await vms.power(id, 'power-off', minutes(1))
    for (const what of ['console/screenshot', 'console/log']) {
      expect((await api.request('GET', `/v1/vms/${id}/${what}`)).status).toBe(what === 'console/log' ? 200 : 409)
    }
  })
})
