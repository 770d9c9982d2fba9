// The runner of test files inside QuickJS tells all ends that a case can have.
import { describe, expect, it } from 'vitest'
import { runInQuickJs } from './run-in-quickjs.ts'

describe('the runner in QuickJS', () => {
  it('tells a passing, a failing, a throwing and a hanging case apart', async () => {
    const reports = await runInQuickJs('test/engine/samples/outcomes.ts')
    expect(reports.map(({ name, ok }) => [name, ok])).toEqual([
      ['a suite > passes', true],
      ['a suite > waits for a timer', true],
      ['a suite > fails', false],
      ['a suite > throws', false],
      ['a suite > row 1', true],
      ['a suite > row 2', false],
      ['a suite > hangs', false],
    ])
    expect(reports[2]?.error).toContain('expected {a: 1} to equal {a: 2}')
    expect(reports[6]?.error).toBe('waits for something that never happens')
  })

  it('tells a file that cannot be loaded', async () => {
    expect(await runInQuickJs('test/engine/samples/broken.ts')).toMatchObject([
      { name: '(loading)', ok: false, error: expect.stringContaining('broken on purpose') },
    ])
  })

  it('has nothing that the shipped engine lacks', async () => {
    const reports = await runInQuickJs('test/engine/samples/newer-language.ts')
    expect(reports.filter(({ ok }) => !ok)).toEqual([])
  })
})
