// Lockdown and the recovery code on the command line.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestHost } from './cli/host.ts'
import { begin, corbel, type Ran } from './cli/program.ts'

let host: TestHost
beforeEach(async () => {
  host = await TestHost.start()
})
afterEach(() => host.stop())

const on = (...argv: string[]): Promise<Ran> => corbel(argv, { env: host.env })
const since = () => host.client.app.lockdown.view().recoveryCodeSince

describe('lockdown', () => {
  it('is shown, and set in what is given alone', async () => {
    expect((await on('lockdown', 'show')).output).toMatch(/^Mode +normal\n/)
    const { exit, output } = await on('lockdown', 'set', '--mode', 'locked', '--api-users', 'administrator')
    expect([exit, output]).toEqual([0, expect.stringMatching(/^Mode +locked\nIn over the network while it is locked +administrator\n/)])
    expect((await on('lockdown', 'set', '--mode', 'normal')).output).toMatch(/^Mode +normal\nIn over .* administrator\n/)
    expect((await on('lockdown', 'set')).exit).toBe(2)
  })

  it('that nobody could end is refused with all that is wrong', async () => {
    const { exit, errors } = await on('lockdown', 'set', '--mode', 'strict', '--api-users', 'nobody', '--yes')
    expect(exit).toBe(2)
    for (const code of ['lockdown.user.unknown', 'lockdown.nobody-left', 'lockdown.no-recovery-code']) expect(errors).toContain(code)
  })
})

describe('a recovery code', () => {
  it('is printed once, and in force when what was asked for is typed back', async () => {
    const running = begin(['recovery-code', 'new'], { env: host.env, terminal: true, input: null })
    const shown = async (pattern: RegExp, from: 'output' | 'errors') => {
      for (;;) {
        const found = pattern.exec(running[from].bytes.toString())
        if (found !== null) return found
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const [, code = ''] = await shown(/^((?:\d{6}-){7}\d{6})\n/, 'output')
    const answer = async (times: number, wrong: boolean) => {
      for (let n = 0; n < 3; n++) {
        const [, number = ''] = await shown(new RegExp(`^(?:[\\s\\S]*?Group (\\d): ){${times * 3 + n + 1}}`), 'errors')
        running.input.write(`${wrong ? '000000' : code.split('-')[Number(number) - 1]}\r`)
      }
    }
    await answer(0, true)
    await shown(/not what was shown/, 'errors')
    expect(since()).toBeNull()
    await answer(1, false)
    expect(await running.ended).toMatchObject({ exit: 0, errors: expect.stringContaining('in force') })
    expect(since()).not.toBeNull()
  })

  it('can be confirmed by a command of its own', async () => {
    const made = await on('recovery-code', 'new', '--json')
    const { code, confirm } = JSON.parse(made.output) as { code: string; confirm: readonly number[] }
    expect((await on('recovery-code', 'confirm', '000000', '000000', '000000')).exit).not.toBe(0)
    expect((await on('recovery-code', 'confirm', ...confirm.map((number) => code.split('-')[number - 1] ?? ''))).exit).toBe(0)
    expect((await on('lockdown', 'show')).output).toContain('since ')
  })

  it('without a terminal says how', async () => {
    const { output, errors } = await on('recovery-code', 'new')
    expect(output).toMatch(/^(\d{6}-){7}\d{6}\n$/)
    expect(errors).toContain('corbel recovery-code confirm')
    expect(since()).toBeNull()
  })
})
