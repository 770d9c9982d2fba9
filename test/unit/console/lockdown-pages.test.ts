// Lockdown at the console: setting it, making a code that is typed back, coming back in by it, and what the status screen says.
import { describe, expect, it } from 'vitest'
import { administrator, Console, lockdownAnswers, said } from './play.ts'
import { statuses } from './samples.ts'

const answers = { ...administrator, ...lockdownAnswers }
const CODE = ['000011', '000022', '000033', '000044', '000055', '000066', '000077', '000088']
const last = (console: Console, method: string, path: string) =>
  console.requests.findLast((one) => one.method === method && one.path === path)

describe('the page of the lockdown', () => {
  it('shows what is set, and sends it whole with F11 when it locks', () => {
    const console = new Console({ ...answers, 'PUT /v1/host/lockdown': said({ status: 200, body: {} }) }).logIn().open('Lockdown')
    expect(console.text).toContain('anna, bert')
    console.press('right', 'down', 'down').type('anna').press('enter')
    expect(console.text).toContain('F11 Lock')
    expect(last(console, 'PUT', '/v1/host/lockdown')).toBeUndefined()
    console.press('enter').press('f11')
    expect(last(console, 'PUT', '/v1/host/lockdown')).toMatchObject({
      ifMatch: '"3"',
      body: { mode: 'locked', apiUsers: ['anna', 'bert'], breakGlass: ['anna'] },
    })
    expect(console.text).toContain('The lockdown was set.')
  })

  it('shows what is wrong at the list that it is about', () => {
    const problems = [{ code: 'lockdown.user.unknown', field: 'apiUsers[1]', message: 'is no user of this host' }]
    const console = new Console({ ...answers, 'PUT /v1/host/lockdown': said({ status: 422, body: { detail: 'No.', problems } }) }).logIn()
    console.open('Lockdown').press('f10')
    expect(console.text).toMatch(/API users .*\n.*is no user of this host/)
  })

  it('of a host that has just been locked strictly ends the session, and says why', () => {
    const closed = said({ status: 403, body: { code: 'lockdown.console-closed', detail: 'Strict lockdown: nobody may log in.' } })
    const console = new Console(answers).logIn()
    console.answer({ 'GET /v1/host/lockdown': closed })
    // Its value is asked for as soon as it is selected.
    console.type('Loc')
    expect(console.model.session).toBeNull()
    expect(console.model.stack).toEqual([])
    expect(console.text).toContain('Strict lockdown: nobody may log in.')
  })
})

describe('a new recovery code', () => {
  it('is shown, hidden while it is typed back, and in force when that is right', () => {
    const console = new Console(answers).logIn().open('Recovery').press('enter')
    for (const group of CODE) expect(console.text).toContain(group)
    console.press('enter')
    for (const group of CODE) expect(console.text).not.toContain(group)
    for (const label of ['Group 2', 'Group 5', 'Group 8']) expect(console.text).toContain(label)
    // A group that cannot be one is told as soon as it is whole.
    console.type('000023')
    expect(console.text).toContain('has been mistyped')
    console.press('backspace').type('2').press('enter').type('000055').press('enter').type('000088').press('enter')
    expect(last(console, 'POST', '/v1/host/recovery-code/confirm')).toMatchObject({ body: { groups: ['000022', '000055', '000088'] } })
    expect(console.text).toContain('The recovery code is in force.')
  })

  it('that is typed back wrong stays, and can be looked at again', () => {
    const problems = [{ code: 'recovery.group.wrong', field: 'groups[1]', message: 'is not group 5 of the new code' }]
    const console = new Console({ ...answers, 'POST /v1/host/recovery-code/confirm': said({ status: 422, body: { problems } }) })
    console
      .logIn()
      .open('Recovery')
      .press('enter', 'enter')
      .type('000022')
      .press('enter')
      .type('000066')
      .press('enter')
      .type('000088')
      .press('enter')
    expect(console.text).toContain('is not group 5 of the new code')
    console.press('escape')
    expect(console.text).toContain(CODE[4])
    console.press('escape')
    expect(console.text).toContain('was not confirmed: it is void')
  })

  it('follows the first password, with nobody logged in afterwards', () => {
    const console = new Console({ ...answers, 'POST /v1/setup': said({ status: 204 }) })
    console.event({ kind: 'answered', status: statuses.setup })
    console.type('a long password').press('tab').type('a long password').press('enter')
    expect(last(console, 'POST', '/v1/login')).toMatchObject({
      token: null,
      body: { username: 'administrator', password: 'a long password' },
    })
    expect(last(console, 'POST', '/v1/host/recovery-code')).toMatchObject({ token: 'the-token' })
    console.event({ kind: 'answered', status: statuses.normal })
    for (const group of CODE) expect(console.text).toContain(group)
    console.press('enter').type('000022').press('enter').type('000055').press('enter').type('000088').press('enter')
    expect(console.model.session).toBeNull()
    expect(last(console, 'POST', '/v1/logout')).toMatchObject({ token: 'the-token' })
    expect(console.text).toContain('The recovery code is in force.')
    expect(JSON.stringify(console.model)).not.toContain('a long password')
  })

  it('that cannot be made after the first password leaves the status screen', () => {
    const console = new Console({ ...answers, 'POST /v1/setup': said({ status: 204 }), 'POST /v1/login': said({ status: 429, body: {} }) })
    console.event({ kind: 'answered', status: statuses.setup })
    console.type('a long password').press('tab').type('a long password').press('enter')
    expect(console.model.stack).toEqual([])
  })
})

describe('F8 on the status screen', () => {
  const typeCode = (console: Console) => console.press('f8').type(CODE.join(''))

  it('takes the code group by group, and opens the host with F11', () => {
    const console = typeCode(new Console({ ...administrator, 'POST /v1/console/recovery': said({ status: 204 }) }))
    for (const group of CODE) expect(console.text).toContain(group)
    console.type('another password').press('tab').type('another password').press('enter')
    expect(console.text).toContain('gets the new password')
    expect(last(console, 'POST', '/v1/console/recovery')).toBeUndefined()
    console.press('f11')
    expect(last(console, 'POST', '/v1/console/recovery')).toMatchObject({
      token: null,
      body: { code: CODE.join('-'), password: 'another password' },
    })
    expect(console.text).toContain('The host is open.')
    expect(console.model.stack).toEqual([])
  })

  it('sends no password that was not typed', () => {
    const console = typeCode(new Console({ ...administrator, 'POST /v1/console/recovery': said({ status: 204 }) })).press('f10', 'f11')
    expect(last(console, 'POST', '/v1/console/recovery')?.body).toEqual({ code: CODE.join('-') })
  })

  it('tells which group is wrong before anything is sent, and asks for the same password twice', () => {
    const console = new Console().press('f8').type('000011000021').type('000033')
    expect(console.text).toMatch(/Group 2 +\[000021.*\n.*has been mistyped/)
    console.press('f10')
    expect(console.text).toMatch(/Group 4 .*\n.*is missing/)
    expect(console.requests).toEqual([])
    const other = typeCode(new Console()).type('another password').press('tab').type('yet another').press('enter')
    expect(other.text).toContain('is not the same')
  })

  it('says that a code is wrong, and how long to wait', () => {
    const wrong = said({ status: 403, body: { code: 'recovery.code.wrong', detail: 'This is not the recovery code of this host.' } })
    const console = typeCode(new Console({ ...administrator, 'POST /v1/console/recovery': wrong })).press('f10', 'f11')
    expect(console.text).toContain('This is not the recovery code of this host.')
    console.answer({ 'POST /v1/console/recovery': said({ status: 429, body: {}, retryAfterSeconds: 8 }) })
    console.press('f10', 'f11')
    expect(console.text).toContain('Wait 8 s.')
    const before = console.requests.length
    console.press('f10')
    expect(console.requests).toHaveLength(before)
    console.tick(20_000)
    expect(console.text).not.toContain('Wait')
  })

  it('is for a host that has a code', () => {
    const console = new Console().event({ kind: 'answered', status: statuses.locked }).press('f8')
    expect(console.text).toContain('This host has no recovery code.')
  })
})

describe('the status screen of a locked host', () => {
  it('says so, and takes a log-in that the host may refuse', () => {
    const console = new Console().event({ kind: 'answered', status: statuses.locked })
    expect(console.text).toContain('LOCKED')
    expect(console.press('f2').text).toContain('Log in')
  })

  it.each(['f2', 'f12'] as const)('says at %s in strict lockdown that nobody may log in', (key) => {
    const console = new Console().event({ kind: 'answered', status: statuses.strict })
    expect(console.text).toContain('STRICT')
    expect(console.text).toContain('F8 Recovery code')
    console.press(key)
    expect(console.model.stack).toEqual([])
    expect(console.text).toContain('Strict lockdown: nobody may log in here.')
  })
})
