// Updates asked for at the console: those on sticks, and one at a URL.
import { describe, expect, it } from 'vitest'
import { administrator, Console, said } from './play.ts'

const task = said({ status: 202, body: { id: 't1', kind: 'host.update', state: 'running' } })
const answers = {
  ...administrator,
  'GET /v1/host/slots': {
    ...{ running: 'a', confirmed: true, missing: [], disks: 1 },
    items: [{ slot: 'a', version: '0.1.0', mark: 'good', tries: 3, running: true, next: true }],
  },
  'GET /v1/host/update/media': {
    items: [
      { device: 'sdb1', label: 'STICK', model: 'Vendor Stick', file: 'corbel-0.2.0.update', sizeBytes: 300_000_000, version: '0.2.0' },
    ],
  },
  'POST /v1/host/update/from-medium': task,
  'POST /v1/host/update/from-medium?then=restart': task,
  'POST /v1/host/update/from-medium?then=live': task,
  'POST /v1/host/update?then=live': task,
  'POST /v1/host/update': task,
  'POST /v1/host/update?then=restart': task,
}
const last = (console: Console) => console.requests.findLast(({ method }) => method !== 'GET')
const slots = () => new Console(answers).logIn().open('System slots')

describe('an update on a stick', () => {
  it('is listed with what it says of itself, and taken after Enter', () => {
    const console = slots().press('f10')
    expect(console.text).toMatch(/sdb1 +STICK +0\.2\.0 +300 +corbel-0\.2\.0\.update/)
    console.press('enter')
    expect(console.text).toContain('from the stick')
    console.press('enter')
    expect(last(console)).toMatchObject({
      ...{ method: 'POST', path: '/v1/host/update/from-medium' },
      body: { device: 'sdb1', file: 'corbel-0.2.0.update' },
    })
    expect(console.text).toContain('The update is being written')
  })

  it('is restarted into after F11 alone', () => {
    const console = slots().press('f10', 'f8')
    expect(console.text).toContain('all VMs are shut down')
    console.press('enter')
    expect(last(console)?.path).not.toContain('from-medium')
    console.press('f11')
    expect(last(console)).toMatchObject({ path: '/v1/host/update/from-medium?then=restart' })
  })

  it('takes over while VMs run on after F9', () => {
    const console = slots().press('f10', 'f9')
    expect(console.text).toContain('takes over while VMs run on')
    console.press('enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/update/from-medium?then=live' })
  })

  it('is none where there is no stick', () => {
    const console = new Console({ ...answers, 'GET /v1/host/update/media': { items: [] } }).logIn().open('System slots').press('f10')
    expect(console.text).toContain('Plug one in')
  })
})

describe('an update at a URL', () => {
  it('is asked for as it was typed, with whom to trust where that was said', () => {
    const console = slots().press('f10', 'f7').type('http://files.example/u').press('f10')
    expect(last(console)).toMatchObject({ method: 'POST', path: '/v1/host/update', body: { url: 'http://files.example/u' } })
    expect(console.text).toContain('The update is being written')
  })

  it('is restarted into after F11 alone', () => {
    const console = slots().press('f10', 'f7').type('http://files.example/u').press('tab', 'tab', 'right', 'f10')
    expect(console.text).toContain('all VMs are shut down')
    console.press('f11')
    expect(last(console)).toMatchObject({ path: '/v1/host/update?then=restart' })
  })

  it('takes over while VMs run on where that was chosen', () => {
    const console = slots().press('f10', 'f7').type('http://files.example/u').press('tab', 'tab', 'right', 'right', 'f10')
    expect(console.text).toContain('takes over while VMs run on')
    console.press('enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/update?then=live' })
  })
})
