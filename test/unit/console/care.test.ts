// Looking after the host at the console: its log, services, clock, keyboard and support bundle.
import { describe, expect, it } from 'vitest'
import { administrator, Console, said } from './play.ts'

const layouts = [
  { name: 'us', description: 'English (US)' },
  { name: 'de', description: 'German' },
]
const time = {
  ...{ now: '2026-11-21T01:20:05.120Z', timeZone: 'UTC', setting: { ntp: true, servers: [] }, servers: ['10.0.0.1'], serversFrom: 'dhcp' },
  ...{ synchronised: true, source: '10.0.0.1', stratum: 2, offsetSeconds: 0.0012 },
}
const answers = {
  ...administrator,
  'GET /v1/host/logs': { items: [{ kind: 'kernel', description: 'the kernel', sizeBytes: 2048 }] },
  'GET /v1/host/logs/kernel?limit=500': {
    items: [
      { number: 1, at: '2026-11-21T01:20:05.120Z', severity: 'info', kind: 'kernel', text: 'Linux version 6.12' },
      { number: 2, at: '2026-11-21T01:20:06.120Z', severity: 'error', kind: 'kernel', text: 'usb 1-1: \u001b[2Jevil' },
    ],
    next: 2,
  },
  'GET /v1/host/services': { items: [{ name: 'logd', description: 'Keeps the log', pid: 77, upForSeconds: 300, restarts: 1 }] },
  'POST /v1/host/services/logd/restart': said({ status: 204 }),
  'POST /v1/host/services/restart': said({ status: 204 }),
  'GET /v1/host/keyboard': { layout: 'us', layouts },
  'PUT /v1/host/keyboard': { layout: 'de', layouts },
  'GET /v1/host/time': time,
  'PUT /v1/host/time': time,
  'POST /v1/host/time/clock': said({ status: 409, body: { code: 'time.ntp-on', detail: 'The clock follows time servers.', problems: [] } }),
  'GET /v1/host/support': { lines: ['Corbel 0.1.0 on rack3'], bundle: null },
  'GET /v1/host/support/media': { items: [] },
  'POST /v1/host/support/bundle': said({ status: 202, body: {} }),
}
const opened = (title: string) => new Console(answers).logIn().open(title)
const last = (console: Console) => console.requests.findLast(({ method }) => method !== 'GET')

describe('the log', () => {
  it('is read by kind, nothing in it being an instruction to the terminal', () => {
    const console = opened('Logs')
    expect(console.text).toMatch(/all +everything/)
    expect(console.text).toMatch(/kernel +2 +the kernel/)
    console.type('kernel').press('enter')
    expect(console.text).toMatch(/2026-11-21 01:20:05 +Linux version 6\.12/)
    expect(console.text).toContain('?[2Jevil')
  })
})

describe('services', () => {
  it('are started again, one after Enter, all after F11', () => {
    const console = opened('Services')
    expect(console.text).toMatch(/logd +5 min +77 +1/)
    console.press('f8', 'enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/services/logd/restart' })
    console.press('f7')
    expect(console.text).toContain('Restart the management services')
    console.press('enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/services/logd/restart' })
    console.press('f11')
    expect(last(console)).toMatchObject({ path: '/v1/host/services/restart' })
  })
})

describe('the keyboard layout', () => {
  it('is shown in the menu and can be changed', () => {
    const console = new Console(answers).logIn().type('Keyboard')
    expect(console.text).toContain('English (US)')
    console.press('enter', 'right')
    expect(console.text).toContain('German')
    console.press('enter')
    expect(last(console)).toMatchObject({ method: 'PUT', path: '/v1/host/keyboard', body: { layout: 'de' } })
  })
})

describe('the clock', () => {
  it('says whom it follows, and takes servers', () => {
    const console = new Console(answers).logIn().type('Time')
    expect(console.text).toContain('10.0.0.1, offered by DHCP')
    expect(console.text).toContain('Follows 10.0.0.1, 1.2 ms off')
    console.press('enter', 'tab').type('ntp1.example.net, ntp2.example.net').press('enter')
    expect(last(console)).toMatchObject({ body: { ntp: true, servers: ['ntp1.example.net', 'ntp2.example.net'] } })
  })

  it('is set by hand, or says why not', () => {
    const console = opened('Set the')
    expect(console.text).toContain('2026-11-21 01:20:05')
    console.press('enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/time/clock', body: { time: '2026-11-21T01:20:05Z' } })
    expect(console.text).toContain('The clock follows time servers.')
  })
})

describe('support', () => {
  it('waits for a stick and writes a bundle to it', () => {
    const console = opened('Support')
    expect(console.text).toContain('Corbel 0.1.0 on rack3')
    console.press('f7')
    expect(console.text).toContain('There is no USB stick')
    console.answer({ 'GET /v1/host/support/media': { items: [{ device: 'sdb1', label: 'STICK', model: 'Vendor', sizeBytes: 8e9 }] } })
    console.tick(10_000)
    expect(console.text).toMatch(/sdb1 +STICK +8000 +Vendor/)
    console.press('enter', 'enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/support/bundle', body: { device: 'sdb1' } })
    expect(console.text).toContain('Leave the stick in')
  })
})

describe('a reset of the configuration', () => {
  it('says what is forgotten and what stays, and wants F11', () => {
    const console = new Console({ ...answers, 'POST /v1/host/reset': said({ status: 204 }) }).logIn().open('Reset the')
    expect(console.text).toContain('Forgotten are all users')
    expect(console.text).toMatch(/VMs go on/)
    console.press('enter')
    expect(last(console)?.path).not.toBe('/v1/host/reset')
    console.press('f11')
    expect(last(console)).toMatchObject({ path: '/v1/host/reset', body: { hostname: 'rack3' } })
  })
})
