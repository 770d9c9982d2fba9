// The state of a VM written to a file and read back: whole, or not at all, and the VM goes on when it was not.
import { beforeEach, describe, expect, it } from 'vitest'
import { abandonSave, restoreState, type SaveTools, saveState } from '../../../control/src/adapters/vm-save.ts'
import { codeOf, ScriptedQmp } from './scripted-qmp.ts'

let qmp: ScriptedQmp
let files: Set<string>
const progress: number[] = []
const tools: SaveTools = {
  create(path) {
    files.add(path)
    return 50
  },
  openForReading: () => 51,
  close: () => {},
  async commit(from, to) {
    if (!files.delete(from)) throw new Error(`there is no ${from}`)
    files.add(to)
  },
  remove: (path) => void files.delete(path),
}
const handedOver = (...opaques: string[]) =>
  qmp.answers.set(
    'query-fdsets',
    opaques.map((opaque) => ({ 'fdset-id': 7, fds: [{ fd: 3, opaque }] })),
  )
const migration = (status: string, ram: object = {}) => qmp.answers.set('query-migrate', { status, ram })
const save = () => saveState('/d/memory', qmp.monitor, tools, (percent) => progress.push(percent))

beforeEach(() => {
  qmp = new ScriptedQmp()
  files = new Set()
  progress.length = 0
  qmp.answers.set('query-status', { status: 'running', running: true })
  // As QEMU does it: what was handed to it is told, under the name that it got.
  qmp.answers.set('add-fd', ({ opaque }: { opaque: string }) => {
    handedOver(opaque)
    return { 'fdset-id': 7 }
  })
  handedOver()
  migration('active', { total: 100, remaining: 75 })
})

describe('saving', () => {
  it('stops the guest, tells how far it is, and names the file only once it is on disk', async () => {
    const saved = save()
    await qmp.clock.advance(1000)
    expect([...files]).toEqual(['/d/memory.unfinished'])
    migration('completed')
    await qmp.clock.advance(1000)
    await saved
    expect([...files]).toEqual(['/d/memory'])
    expect(progress[0]).toBe(25)
    expect(qmp.heard.indexOf('add-fd saving-running')).toBeLessThan(qmp.heard.indexOf('stop'))
    expect(qmp.heard.indexOf('stop')).toBeLessThan(qmp.heard.indexOf('migrate file:/dev/fdset/7'))
    expect(qmp.heard).not.toContain('cont')
  })

  it.each([
    ['failed', 'migration.failed'],
    ['cancelled', 'migration.cancelled'],
  ])('that is %s leaves no file, and the guest goes on', async (status, code) => {
    const failed = codeOf(save())
    await qmp.clock.advance(0)
    migration(status)
    await qmp.clock.advance(1000)
    expect(await failed).toBe(code)
    expect(files.size).toBe(0)
    expect(qmp.heard.slice(-3)).toEqual(['cont', 'query-fdsets', 'remove-fd 7'])
  })

  it('that fails leaves a guest standing still that stood still before', async () => {
    qmp.answers.set('query-status', { status: 'paused', running: false })
    migration('failed')
    expect(await codeOf(save())).toBe('migration.failed')
    expect(qmp.heard).not.toContain('cont')
  })

  it('that cannot begin leaves no file', async () => {
    qmp.failing.add('migrate')
    migration('none')
    expect(await codeOf(save())).toBe('qmp.error.GenericError')
    expect([files.size, qmp.heard.at(-3)]).toEqual([0, 'cont'])
  })

  it('is abandoned by waiting for its end, and leaves nothing of it', async () => {
    files.add('/d/memory.unfinished').add('/d/memory')
    handedOver('saving-running')
    migration('cancelling')
    const abandoned = abandonSave('/d/memory', qmp.monitor, tools)
    await qmp.clock.advance(1000)
    expect(qmp.heard).not.toContain('cont')
    migration('cancelled')
    await qmp.clock.advance(1000)
    await abandoned
    expect([files.size, qmp.heard.at(-3)]).toEqual([0, 'cont'])
  })

  it.each([
    ['was not begun', []],
    ['was one of a guest that stood still', ['saving-paused']],
  ])('that %s is abandoned without letting the guest go on', async (_what, opaques) => {
    files.add('/d/memory.unfinished').add('/d/memory')
    handedOver(...opaques)
    migration('cancelled')
    await abandonSave('/d/memory', qmp.monitor, tools)
    expect(files.size).toBe(0)
    expect(qmp.heard).not.toContain('cont')
  })

  it('that does not end is not waited for for ever', async () => {
    handedOver('saving-running')
    migration('cancelling')
    const failed = codeOf(abandonSave('/d/memory', qmp.monitor, tools))
    await qmp.clock.advance(60_000)
    expect(await failed).toBe('qmp.timeout')
  })
})

describe('restoring', () => {
  it('reads the file and does not let the guest run', async () => {
    const restored = restoreState('/d/memory', qmp.monitor, tools, 60_000)
    await qmp.clock.advance(1000)
    migration('completed')
    await qmp.clock.advance(1000)
    await restored
    expect(qmp.heard).toContain('migrate-incoming file:/dev/fdset/7')
    expect(qmp.heard).not.toContain('cont')
  })

  it('ends at its deadline', async () => {
    const failed = codeOf(restoreState('/d/memory', qmp.monitor, tools, 60_000))
    await qmp.clock.advance(61_000)
    expect(await failed).toBe('qmp.timeout')
  })
})
