// The installer's pages: from the licence to the end, with what is asked twice, and nothing written before that.
import { describe, expect, it } from 'vitest'
import { askedStatus, installAnswers, installViews, seededStatus } from './install-samples.ts'
import { type Answers, Console, said } from './play.ts'

function opened(more: Answers = {}): Console {
  return new Console({ ...installAnswers, ...more }).event({ kind: 'answered', status: askedStatus })
}

/** At the list of disks. */
const atDisks = (more: Answers = {}) => opened(more).press('enter').press('enter')
/** Past disk, the question for a second one, and network, at the password. */
const atPassword = (console: Console) => console.press('enter').press('enter').press('f10')
const typePassword = (console: Console) => console.type('a long password').press('enter').type('a long password').press('enter')
const sent = (console: Console) => console.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/install')

describe('the installer', () => {
  it('opens in place of the status screen and of the first password', () => {
    expect(opened().text).toContain('Apache License')
  })

  it('goes when it is left, and does not come back', () => {
    const console = opened().press('escape').event({ kind: 'answered', status: askedStatus })
    expect(console.text).toContain("Set the administrator's password")
  })

  it('is not closed by waiting, though nobody is logged in', () => {
    expect(opened().tick(10_000_000).text).toContain('Apache License')
  })

  it('lists disks with what is on them, and takes none that cannot be used', () => {
    const console = atDisks()
    expect(console.text).toContain('serial number VDA')
    expect(console.press('down').text).toContain('Windows (NTFS)')
    expect(console.press('end', 'enter').text).toMatch(
      /used: \/dev\/sr1 is the medium that the running system comes from[\s\S]*This disk cannot be used/,
    )
  })

  it('sends what was chosen, once, after F11 on the summary', () => {
    const console = typePassword(atPassword(atDisks()))
    console.press('enter').press('enter').type('000022000055000088')
    console.press('enter', 'enter', 'enter')
    expect(console.text).toContain('Until then nothing has been written')
    expect(sent(console)).toEqual([])
    console.press('f11')
    expect(sent(console)).toHaveLength(1)
    expect(sent(console)[0]).toMatchObject({
      token: null,
      body: {
        ...{ target: { path: '/dev/vda' }, wipe: 'if-blank', keyboard: 'us', hostname: 'corbel' },
        management: { ipv4: { mode: 'dhcp' } },
        administrator: { password: 'a long password' },
      },
    })
  })

  it('takes a static address', () => {
    const console = atDisks()
      .press('enter')
      .press('enter')
      .press('down', 'down', 'down', 'right', 'down')
      .type('192.0.2.10/24')
      .press('down')
      .type('192.0.2.1')
      .press('f10')
    expect(console.requests.at(-1)?.body).toMatchObject({
      management: { ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' } },
    })
  })

  it('shows what the host says of an address at its field', () => {
    const problems = [{ code: 'install.management.ipv4.address.invalid', field: 'management.ipv4.address', message: 'must be an address' }]
    const refused = said({ status: 422, body: { title: 'Unprocessable', problems } })
    const console = atPassword(atDisks({ 'POST /v1/install?dryRun=true': refused }))
    expect(console.lines.findIndex((line) => line.includes('must be an address'))).toBe(
      console.lines.findIndex((line) => line.includes('Address ')) + 1,
    )
  })

  it('wants the password twice the same', () => {
    const console = atPassword(atDisks()).type('a long password').press('enter').type('another password').press('enter')
    expect(console.text).toContain('is not the same')
  })

  it('asks a second time before a foreign system is lost, and Esc there writes nothing', () => {
    const console = typePassword(atPassword(atDisks().press('down'))).press('f10')
    expect(console.text).toContain('IS LOST: 3 partitions')
    console.press('f11')
    expect(console.text).toContain('Everything on this disk is lost')
    console.press('escape')
    expect(sent(console)).toEqual([])
    console.press('f11', 'f11')
    expect(sent(console)[0]?.body).toMatchObject({ target: { path: '/dev/sda' }, wipe: 'everything' })
  })

  it('mirrors on a second disk of those that can be used, and asks once more where one of them holds something', () => {
    const console = atDisks().press('enter')
    expect(console.text).toMatch(/On this disk alone\s[\s\S]*Mirrored on \/dev\/sda, Vendor Disk/)
    expect(console.text).not.toContain('/dev/sr1')
    typePassword(console.press('down', 'enter').press('f10')).press('f10')
    expect(console.text).toMatch(/Mirror +\/dev\/sda[\s\S]*IS LOST: nothing; 3 partitions/)
    console.press('f11')
    expect(console.text).toMatch(/Everything on these disks is lost[\s\S]*Wipe both and install/)
    console.press('f11')
    expect(sent(console)[0]?.body).toMatchObject({ target: { path: '/dev/vda' }, mirror: { path: '/dev/sda' }, wipe: 'everything' })
  })

  it('asks for no second disk where there is none', () => {
    const { items } = installAnswers['GET /v1/install/disks'] as { readonly items: readonly unknown[] }
    const console = atDisks({ 'GET /v1/install/disks': { items: [items[0], items[3]] } }).press('enter')
    expect(console.text).toContain('Installation: network')
  })

  it('repairs an installation without asking for network or password, and keeps what is on it', () => {
    const console = atDisks().press('down', 'down', 'enter')
    expect(console.text).toContain('Repair or upgrade')
    console.press('enter')
    expect(console.text).toMatch(/configuration and datastore\s+stay/)
    console.press('f11')
    expect(sent(console)[0]?.body).toEqual({ target: { path: '/dev/nvme0n1' }, wipe: 'datastore-kept' })
  })

  it('says that VMs are lost where an installation is replaced', () => {
    const console = typePassword(atPassword(atDisks().press('down', 'down', 'enter').press('down'))).press('f10', 'f11')
    expect(console.text).toContain('There is a datastore: all VMs on it are lost.')
  })

  it('shows why the host refuses', () => {
    const refused = said({ status: 409, body: { title: 'Conflict', detail: 'An installation is under way or done already.' } })
    const console = typePassword(atPassword(atDisks({ 'POST /v1/install': refused }))).press('f10', 'f11')
    expect(console.text).toContain('under way or done already')
  })
})

describe('the progress', () => {
  const running = { 'GET /v1/install': installViews.running }

  it('is shown, and cannot be left', () => {
    const console = opened(running)
    expect(console.text).toMatch(/42 %[\s\S]*Copying the system/)
    expect(console.press('escape').text).toContain('42 %')
  })

  it('ends in a restart when that is wanted', () => {
    const console = opened({ 'GET /v1/install': installViews.done })
    expect(console.text).toContain('Corbel is installed on /dev/vda. Take the medium out')
    expect(console.press('enter').requests.at(-1)).toMatchObject({ path: '/v1/install/leave', body: { how: 'restart' } })
  })

  it('of a seed is shown at once, and its failure with the reason', () => {
    const console = new Console({ 'GET /v1/install': { ...installViews.failed, mode: 'seed' } }).event({
      kind: 'answered',
      status: seededStatus,
    })
    expect(console.text).toContain('Corbel was not installed: What was read back')
    expect(console.text).toContain('install.copy.differs')
    expect(console.press('escape').text).toContain('F2 Customize')
  })
})
