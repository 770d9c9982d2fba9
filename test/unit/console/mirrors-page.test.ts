// Mirrored disks at the console: how the copies are, and a disk in the place of one that was lost.
import { describe, expect, it } from 'vitest'
import { mirrorAnswers } from './mirror-samples.ts'
import { administrator, Console, said } from './play.ts'

const answers = { ...administrator, ...mirrorAnswers }
const last = (console: Console) => console.requests.findLast(({ method }) => method !== 'GET')

describe('the mirrored disks', () => {
  it('are told in the menu', () => {
    const console = new Console(answers).logIn().type('Mirrored')
    expect(console.text).toContain('The state is on /dev/vda5 alone: a disk')
    expect(new Console({ ...answers, 'GET /v1/host/mirrors': { items: [] } }).logIn().type('Mirrored').text).toContain('on one disk')
  })

  it('are listed with their copies, and what is wrong with each', () => {
    const console = new Console(answers).logIn().open('Mirrored disks')
    expect(console.text).toMatch(/state +\/dev\/md0 +\/dev\/vda5 whole, 1 missing/)
    console.press('down')
    expect(console.text).toMatch(/datastore +\/dev\/md1 +\/dev\/vda6 whole, \/dev\/vdb6 being copied/)
    expect(console.text).toContain('being copied to /dev/vdb6, 42 %')
  })

  it('get a blank disk after Enter, and one that holds something after F11 alone', () => {
    const console = new Console(answers).logIn().open('Mirrored disks').press('f7', 'enter')
    expect(console.text).toContain('VMs go on running')
    console.press('enter')
    expect(last(console)).toMatchObject({
      ...{ method: 'POST', path: '/v1/host/mirrors/disks' },
      body: { target: { path: '/dev/vda' }, wipe: 'if-blank' },
    })
    expect(console.text).toContain('It is being made bootable')
    console.press('down', 'down', 'enter')
    expect(console.text).toContain('All VMs on it are lost.')
    console.press('enter')
    expect(last(console)).toMatchObject({ body: { target: { path: '/dev/vda' } } })
    console.press('f11')
    expect(last(console)).toMatchObject({ body: { target: { path: '/dev/nvme0n1' }, wipe: 'everything' } })
  })

  it('take no disk that cannot be used', () => {
    const console = new Console(answers).logIn().open('Mirrored disks').press('f7').press('end', 'enter')
    expect(console.text).toContain('This disk cannot be used')
    expect(last(console)?.path).toBe('/v1/login')
  })

  it('say what the host refuses', () => {
    const refused = { detail: 'State and datastore are on all of their disks.', problems: [] }
    const console = new Console({ ...answers, 'POST /v1/host/mirrors/disks': said({ status: 409, body: refused }) }).logIn()
    expect(console.open('Mirrored disks').press('f7', 'enter', 'enter').text).toContain('on all of their disks')
  })
})
