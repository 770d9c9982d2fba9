// The management network at the console: how it is, a change with its preview, test, restart, reset, and cards that were exchanged.
import { describe, expect, it } from 'vitest'
import { networkAnswers, networkView } from './network-samples.ts'
import { Console, said } from './play.ts'

const opened = (more = {}) => new Console({ ...networkAnswers, ...more }, 100, 50).logIn().open('Management')
const last = (console: Console) => console.requests.findLast(({ method }) => method !== 'GET')
const viewed = (more: object) => ({ 'GET /v1/host/network': said({ status: 200, body: { ...networkView, ...more }, etag: '"4"' }) })
const controlU = { kind: 'control', letter: 'u' } as const

/** In the form, the field with this label. */
function at(console: Console, label: string): Console {
  for (let count = 0; count < 30; count++) {
    const field = console.lines.findIndex((line) => line.trimStart().startsWith(`${label} `) && /[[<]/.test(line))
    console.press('down')
    const cursor = console.cursorRow
    if (field >= 0 && cursor === field) return console
  }
  throw new Error(`no field ${label}`)
}

describe('the page of the management network', () => {
  it('shows what is, and what is wanted', () => {
    const { text } = opened()
    expect(text).toMatch(/In use +eth0/)
    expect(text).toMatch(/\* eth0 +52:54:00:00:00:01, link at 1000 Mb\/s, slot PCI0-02\.0, virtio_net/)
    expect(text).toMatch(/eth1 +52:54:00:00:00:02, no link/)
    expect(text).toMatch(/Gateways +10\.0\.2\.2/)
    expect(text).toMatch(/IPv4 +by DHCP/)
    expect(text).toMatch(/HTTPS from +everywhere/)
    expect(text).not.toContain('F10 Adopt')
  })

  it('shows a change that waits with what was found out about it', () => {
    const settings = { ...networkView.wanted, ipv4: { mode: 'static', address: '10.0.2.40/24', gateway: null } }
    const probes = [{ what: 'gateway', state: 'failed', message: 'The gateway does not answer.' }]
    const pending = { settings, by: 'anna', phase: 'applied', confirmWithinSeconds: 60, secondsLeft: 33, probes, probed: false }
    const { text } = opened(viewed({ pending }))
    expect(text).toMatch(/Change waits +by anna, applied, 33 s left/)
    expect(text).toContain('IPv4: 10.0.2.40/24, no gateway (until now: by DHCP)')
    expect(text).toContain('failed: The gateway does not answer.')
  })

  it('adopts cards that stand in for others, after F11', () => {
    const replacements = [{ wanted: '52:54:00:00:00:01', used: '52:54:00:00:00:09', because: 'same-slot' }]
    const console = opened(viewed({ replacements }))
    expect(console.text).toContain('52:54:00:00:00:09 stands in for 52:54:00:00:00:01')
    console.press('f10', 'enter')
    expect(last(console)?.path).not.toContain('adopt')
    expect(console.press('f11').text).toContain('The adapter was adopted.')
    expect(last(console)).toMatchObject({ path: '/v1/host/network/adopt' })
  })

  it('asks before it is restarted', () => {
    const console = opened().press('f8')
    expect(last(console)?.path).not.toContain('restart')
    console.press('f11')
    expect(last(console)).toMatchObject({ method: 'POST', path: '/v1/host/network/restart', token: 'the-token' })
  })

  it('is reset for as many seconds as are given, after F11', () => {
    const console = opened({ 'POST /v1/host/network/reset?confirmWithinSeconds=45': said({ status: 202, body: {} }) }).press('f11')
    console.press(controlU).type('5').press('enter')
    expect(console.text).toContain('must be 15 to 600')
    console.press(controlU).type('45').press('enter')
    expect(console.text).toContain('It is undone after 45 s unless it is kept with F9.')
    expect(last(console)?.path).not.toContain('reset')
    console.press('f11')
    expect(console.requests.find(({ path }) => path.includes('reset'))).toMatchObject({ method: 'POST', body: {}, token: 'the-token' })
    expect(console.text).toContain('The network is reset.')
    expect(console.lines[0]).toContain('Management network')
  })

  it('says how to get back, however many keys there are', () => {
    expect(opened().lines.at(-1)).toContain('Esc Back')
  })

  it('shows no test before one has begun', () => {
    const refused = said({ status: 503, body: { detail: 'Not now.' } })
    const console = opened({ 'POST /v1/host/network/test': refused }).press('f7')
    expect(console.text).toContain('Not now.')
    expect(console.lines[0]).toContain('Management network')
  })

  it('shows the results of a test as they come', () => {
    const console = opened().press('f7')
    expect(last(console)).toMatchObject({ path: '/v1/host/network/test' })
    expect(console.text).toMatch(/link +eth0: ok - 1000 Mb\/s/)
    expect(console.text).toMatch(/gateway +10\.0\.2\.2: failed - does not answer/)
    console.answer({ 'GET /v1/host/network/test': { startedAt: '', endedAt: '2026-11-21T01:20:09.120Z', steps: [] } })
    console.tick(2_500)
    expect(console.text).toContain('Ended')
  })
})

describe('a change of the network at the console', () => {
  function drafted(): Console {
    const console = opened().press('enter', controlU).type('rack4')
    at(console, 'eth1 52:54:00:00:00:02').type(' ')
    at(console, 'Bond').press('right')
    at(console, 'VLAN').type('12')
    at(console, 'IPv4').press('right')
    at(console, 'IPv4 address').type('10.0.2.40/24')
    at(console, 'IPv4 gateway').type('10.0.2.2')
    at(console, 'Name servers').type('10.0.2.3, 10.0.2.4')
    at(console, 'HTTPS from').type('10.0.0.0/8')
    at(console, 'Undone after').press(controlU).type('90')
    return console
  }
  const body = {
    ...{ hostname: 'rack4', adapters: ['52:54:00:00:00:01', '52:54:00:00:00:02'], bond: { mode: 'active-backup', primary: null } },
    ...{ vlan: 12, mtu: 1500, ipv4: { mode: 'static', address: '10.0.2.40/24', gateway: '10.0.2.2' }, ipv6: { mode: 'link-local' } },
    ...{ dns: ['10.0.2.3', '10.0.2.4'], searchDomains: [], firewall: { https: ['10.0.0.0/8'] } },
  }

  it('is tried first, shown with its steps, and put in force by F11 only', () => {
    const console = drafted().press('f10')
    expect(last(console)).toMatchObject({ method: 'PUT', path: '/v1/host/network?dryRun=true', ifMatch: '"4"', body })
    expect(console.text).toContain('After 90 s it is undone unless it is kept')
    expect(console.text).toContain('Hostname: rack4 (until now: rack3)')
    expect(console.text).toContain('ip address replace 10.0.2.40/24 dev eth0')
    expect(console.text).not.toContain('MTU')
    console.press('enter')
    expect(last(console)?.path).toContain('dryRun')
    console.press('f11')
    expect(last(console)).toMatchObject({ method: 'PUT', path: '/v1/host/network?confirmWithinSeconds=90', ifMatch: '"4"', body })
    expect(console.lines[0]).toContain('Management network')
    expect(console.text).toContain('Keep it with F9 once it works.')
  })

  it('is mended in the form when the host refuses it after all', () => {
    const console = drafted().press('f10')
    const detail = 'A change of the network waits to be confirmed or undone.'
    console.answer({ 'PUT /v1/host/network?confirmWithinSeconds=90': said({ status: 409, body: { code: 'network.pending', detail } }) })
    console.press('f11')
    expect(console.text).toContain(detail)
    expect(console.text).toContain('[rack4 ')
  })

  it('shows problems at their fields, and those of no field below', () => {
    const problems = [
      { code: 'a', field: 'ipv4.address', message: 'must be an address' },
      { code: 'b', field: 'dns[1]', message: 'must be no loopback' },
      { code: 'c', field: 'adapters', message: 'must be one adapter' },
    ]
    const answer = said({ status: 422, body: { detail: 'No.', problems } })
    const console = opened({ 'PUT /v1/host/network?dryRun=true': answer }).press('enter', 'f10')
    expect(console.text).toMatch(/IPv4 address .*\n +must be an address/)
    expect(console.text).toMatch(/Name servers .*\n +must be no loopback/)
    expect(console.text).toContain('adapters must be one adapter')
  })

  it('of nothing cannot be put in force, and has to leave time to keep it', () => {
    const console = opened().press('enter', 'f10')
    expect(console.text).toContain('Nothing is changed.')
    console.press('f11')
    expect(last(console)?.path).toContain('dryRun')
    console.press('escape')
    at(console, 'Undone after').press(controlU).type('5').press('enter')
    expect(console.text).toContain('must be 15 to 600')
  })

  it('keeps an adapter that is wanted and not there', () => {
    const wanted = { ...networkView.wanted, adapters: ['52:54:00:00:00:07'] }
    const console = opened(viewed({ wanted })).press('enter', 'f10')
    expect(last(console)).toMatchObject({ body: { adapters: ['52:54:00:00:00:07'] } })
  })
})
