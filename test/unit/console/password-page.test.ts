// One's own password at the console, and logging out from the menu.
import { describe, expect, it } from 'vitest'
import { administrator, Console, said } from './play.ts'

const opened = (answer = said({ status: 204 })) =>
  new Console({ ...administrator, 'POST /v1/me/password': answer }).logIn().open('Password')
const typed = (console: Console, before: string, after: string, repeat: string) =>
  console.type(before).press('down').type(after).press('down').type(repeat).press('enter')
const sent = (console: Console) => console.requests.find(({ path }) => path === '/v1/me/password')

describe('one’s own password', () => {
  it('is changed by the one until now and a new one typed twice, and is nowhere afterwards', () => {
    const console = typed(opened(), 'the password', 'nobody guesses this', 'nobody guesses this')
    expect(sent(console)).toMatchObject({
      ...{ method: 'POST', token: 'the-token', body: { before: 'the password', after: 'nobody guesses this' } },
    })
    expect(console.lines[0]).toContain('Menu')
    expect(console.text).toContain('The password was changed.')
    expect(JSON.stringify(console.model)).not.toContain('nobody guesses this')
  })

  it('is never shown', () => {
    expect(opened().type('abc').text).toMatch(/Password until now +\[\*\*\* /)
  })

  it('is not sent while the new one is not the same twice, or one is missing', () => {
    const console = typed(opened(), '', 'nobody guesses this', 'nobody guessed this')
    expect(console.text).toMatch(/Password until now .*\n +is missing/)
    expect(console.text).toMatch(/New password again .*\n +is not the same/)
    expect(sent(console)).toBeUndefined()
  })

  it.each([
    ['password.wrong', 'password', 'is wrong', /Password until now .*\n +is wrong/],
    ['password.known', 'password', 'is known to everybody', /New password +\[\*+ .*\n +is known to everybody/],
    ['me.after.too-short', 'after', 'must have at least 12 characters', /New password +\[\*+ .*\n +must have at least 12 characters/],
  ])('that the host refuses is told at its field: %s', (code, field, message, shown) => {
    const answer = said({ status: 422, body: { detail: 'No.', problems: [{ code, field, message }] } })
    expect(typed(opened(answer), 'a', 'b', 'b').text).toMatch(shown)
  })
})

describe('logging out', () => {
  it('is the last entry of the menu', () => {
    const console = new Console().logIn().press('end')
    expect(console.text).toContain('> Log out')
    console.press('enter')
    expect(console.model.session).toBeNull()
    expect(console.requests.at(-1)).toMatchObject({ method: 'POST', path: '/v1/logout', token: 'the-token' })
    expect(console.text).toContain('F2 Customize')
  })

  it('and the own password are there for everybody', () => {
    const me = said({ status: 200, body: { held: [{ permissions: ['task.view'], on: 'host' }] } })
    const console = new Console({ ...administrator, 'GET /v1/me': me }).logIn()
    expect(console.text).toContain('Password')
    expect(console.text).toContain('Log out')
    expect(console.text).not.toContain('Lockdown')
  })
})
