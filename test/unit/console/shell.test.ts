// Logging in, the stack of pages, the keys of the shell, idling: what the console does around its pages.
import { describe, expect, it } from 'vitest'
import { menuEntries, menuGroups } from '../../../control/src/console/menu.ts'
import { drawScreen } from '../../../control/src/console/view.ts'
import { administrator, Console, said } from './play.ts'

const loggedOut = { kind: 'request', method: 'POST', path: '/v1/logout', token: 'the-token' }

describe('logging in', () => {
  it('asks for a password after F2, for the administrator unless another is typed, and opens the menu', () => {
    const console = new Console().press('f2')
    expect(console.text).toContain('[administrator ')
    console.type('s3cret')
    expect(console.text).toContain('[****** ')
    console.press('enter')
    expect(console.requests[0]).toMatchObject({ path: '/v1/login', token: null, body: { username: 'administrator', password: 's3cret' } })
    expect(console.requests[1]).toMatchObject({ path: '/v1/me', token: 'the-token' })
    expect(console.lines[0]).toMatch(/Corbel 0.1.0 {3}Menu .* administrator@rack3/)
    expect(JSON.stringify(console.model)).not.toContain('s3cret')
  })

  it('says what was wrong, forgets the password, and says how long the host wants to be left alone', () => {
    const console = new Console({
      ...administrator,
      'POST /v1/login': said({ status: 401, body: { detail: 'The name or the password is wrong.' } }),
    })
    console.logIn()
    expect(console.text).toContain('The name or the password is wrong.')
    expect(console.text).toContain(`Password  [${' '.repeat(20)}`)
    console.answer({ 'POST /v1/login': said({ status: 429, body: { detail: 'Too many.' }, retryAfterSeconds: 8 }) })
    console.type('again').press('enter')
    expect(console.text).toContain('Wait 8 s.')
    const before = console.requests.length
    console.tick(4_000).type('again').press('enter')
    expect(console.text).toContain('Wait 5 s.')
    expect(console.requests).toHaveLength(before)
    console.answer(administrator)
    console.tick(9_500).press('enter')
    expect(console.lines[0]).toContain('Menu')
  })

  it('ends no session when nobody knows the answer', () => {
    const console = new Console({}).logIn()
    expect(console.text).toContain('not known whether')
  })

  it('is given up after a minute without a key', () => {
    const console = new Console().press('f2').type('abc').tick(60_000)
    expect(console.text).toContain('Log in')
    console.tick(61_500)
    expect(console.text).not.toContain('Password')
    expect(console.text).toContain('F2 Customize')
  })
})

describe('a session at the console', () => {
  it('ends with Esc in the menu, and the host is told', () => {
    const console = new Console().logIn().press('escape')
    expect(console.text).toContain('F2 Customize')
    expect(console.requests.at(-1)).toMatchObject(loggedOut)
    expect(console.model.session).toBeNull()
    console.press('f2')
    expect(console.text).toContain('Password')
  })

  it('ends after ten minutes without a key, told in the last of them', () => {
    const console = new Console().logIn().tick(300_000)
    console.press('down')
    console.tick(839_000)
    expect(console.text).not.toContain('logging out')
    console.tick(850_000)
    expect(console.text).toContain('logging out in 50 s')
    console.press('up').tick(880_000)
    expect(console.text).not.toContain('logging out')
    console.tick(1_451_000)
    expect(console.text).toContain('Logged out after 10 minutes')
    expect(console.requests.at(-1)).toMatchObject(loggedOut)
  })

  it('ends when the host no longer takes its token', () => {
    const console = new Console().logIn()
    console.answer({ 'GET /v1/tasks': said({ status: 401, body: { code: 'auth.invalid-token' } }) })
    console.open('Tasks')
    expect(console.text).toContain('The session has ended. Log in again.')
    expect(console.text).toContain('F2 Customize')
  })

  it('shows only what its user may see', () => {
    const me = said({ status: 200, body: { held: [{ permissions: ['task.view'], on: 'host' }] } })
    const console = new Console({ ...administrator, 'GET /v1/me': me }).logIn()
    expect(console.text).toContain('Tasks')
    expect(console.text).not.toContain('Events')
    console.press('f12')
    expect(console.lines[0]).toContain('Menu')
  })
})

describe('the menu', () => {
  const titles = menuEntries.map(({ title }) => title)

  it('shows all that it has at 80 by 24 without scrolling, and its headings as soon as there is room', () => {
    const small = new Console().logIn().text
    expect(titles.filter((title) => !small.includes(`  ${title} `) && !small.includes(`> ${title} `))).toEqual([])
    expect(small).not.toContain('Troubleshooting')
    const large = new Console(administrator, 80, 30).logIn().text
    for (const heading of menuGroups) expect(large).toMatch(new RegExp(`^  ${heading}`, 'm'))
    expect(titles.filter((title) => !large.includes(title))).toEqual([])
  })
})

describe('F12', () => {
  it('asks for a log-in, names what happens to VMs, and wants F11', () => {
    const console = new Console({ ...administrator, 'POST /v1/host/power-off': said({ status: 202, body: {} }) }).logIn('f12')
    expect(console.lines[0]).toContain('Power')
    expect(console.text).toContain('2 VMs are running (web1, db1)')
    console.press('down', 'enter')
    expect(console.text).toContain('F11 Shut down')
    const before = console.requests.length
    console.press('enter')
    expect(console.requests).toHaveLength(before)
    console.press('f11')
    expect(console.requests.at(-1)).toMatchObject({ method: 'POST', path: '/v1/host/power-off', token: 'the-token' })
    expect(console.text).toContain('VMs are being shut down.')
    console.press('escape')
    expect(console.model.session).toBeNull()
  })
})

describe('every page', () => {
  it('has its keys explained by F1, without a log-in too', () => {
    const console = new Console().press('f1')
    expect(console.text).toContain('Esc - is F11 and Esc = is F12')
    console.press('f1', 'escape')
    expect(console.text).toContain('F2 Customize')
  })

  it('is shown in high contrast after F4', () => {
    const console = new Console().logIn().press('f4')
    expect([...new Set(drawScreen(console.model).styles)].every((style) => [0b111, 0b1000111, 0b111000].includes(style))).toBe(true)
  })

  it('polls while it is on top, and at once on F5', () => {
    const console = new Console({ ...administrator, 'GET /v1/tasks': { items: [] } }).logIn().open('Tasks')
    const asked = () => console.requests.filter(({ path }) => path === '/v1/tasks').length
    expect(asked()).toBe(1)
    console.tick(2_000).tick(2_500)
    expect(asked()).toBe(1)
    console.tick(3_100)
    expect(asked()).toBe(2)
    console.press('f5')
    expect(asked()).toBe(3)
    console.press('escape').tick(20_000)
    expect(asked()).toBe(3)
  })
})
