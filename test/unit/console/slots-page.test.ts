// The system slots at the console: what is in them, which runs, and choosing one; the status screen says which one it is.
import { describe, expect, it } from 'vitest'
import { screenText } from '../../../control/src/console/cells.ts'
import { drawScreen } from '../../../control/src/console/view.ts'
import type { ConsoleStatus } from '../../../control/src/domain/console-status.ts'
import { administrator, Console, said } from './play.ts'
import { answeredModel, statuses } from './samples.ts'

const slots = {
  ...{ running: 'a', confirmed: true, missing: [], disks: 1 },
  items: [
    { slot: 'a', version: '0.2.0', mark: 'good', tries: 3, damaged: [], running: true, next: true },
    { slot: 'b', version: '0.1.0', mark: 'bad', tries: 0, damaged: [], running: false, next: false },
  ],
}
const answers = {
  ...administrator,
  'GET /v1/host/slots': slots,
  'POST /v1/host/slots/b/boot-once': said({ status: 200, body: slots }),
  'POST /v1/host/slots/b/activate': said({ status: 200, body: slots }),
}
const last = (console: Console) => console.requests.findLast(({ method }) => method !== 'GET')

describe('the system slots', () => {
  it('are told in the menu', () => {
    const console = new Console(answers).logIn().type('System')
    expect(console.text).toContain('Slot A: Corbel 0.2.0, good, runs, next')
    expect(console.text).toContain('Slot B: Corbel 0.1.0, given up')
  })

  it('are chosen once after Enter, for good after F11', () => {
    const console = new Console(answers).logIn().open('System slots')
    expect(console.text).toMatch(/B +0\.1\.0 +given up +0/)
    console.press('down', 'f8')
    expect(console.text).toContain('At the next restart slot B is started')
    console.press('enter')
    expect(last(console)).toMatchObject({ method: 'POST', path: '/v1/host/slots/b/boot-once' })
    console.press('f7', 'enter')
    expect(last(console)).toMatchObject({ path: '/v1/host/slots/b/boot-once' })
    console.press('f11')
    expect(last(console)).toMatchObject({ path: '/v1/host/slots/b/activate' })
  })

  it('are read on F9, and one that is damaged says of what', () => {
    const [a, b] = slots.items
    const damaged = { ...slots, items: [a, { ...b, damaged: ['corbel/root.img on /dev/vda'] }] }
    const checked = said({ status: 202, body: { id: 't1' } })
    const console = new Console({ ...answers, 'GET /v1/host/slots': damaged, 'POST /v1/host/slots/check': checked }).logIn()
    expect(console.type('System').text).toContain('Slot B: Corbel 0.1.0, given up, damaged')
    console.press('enter').press('f9')
    expect(last(console)).toMatchObject({ path: '/v1/host/slots/check' })
    expect(console.text).toContain('They are being read')
    expect(console.press('down').text).toMatch(/> B +0\.1\.0 +damaged[\s\S]*Not as it was written: corbel\/root\.img on \/dev\/vda\./)
  })

  it('of a host that runs from its medium are none', () => {
    const console = new Console({ ...answers, 'GET /v1/host/slots': { ...slots, running: null, items: [] } }).logIn().type('System')
    expect(console.text).toContain('Not installed')
  })
})

describe('the status screen', () => {
  const shown = (system: ConsoleStatus['system']) =>
    screenText(drawScreen(answeredModel({ ...statuses.normal, system }, 80, 24))).join('\n')

  it('says which slot runs, and which generation of the configuration counts', () => {
    expect(shown({ slot: { name: 'b', confirmed: true }, generation: 12 })).toMatch(/State +Kept on disk {2}generation 12 {2}slot B *$/m)
  })

  it('says when that slot is not confirmed yet', () => {
    expect(shown({ slot: { name: 'b', confirmed: false }, generation: 12 })).toContain('slot B  not confirmed yet')
  })
})
