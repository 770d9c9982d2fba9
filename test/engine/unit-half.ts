// The unit tests once more, inside QuickJS: the appliance's language engine is no Node. Two halves, one for each core of a small machine.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runInQuickJs } from './run-in-quickjs.ts'

const UNIT = 'test/unit'

/** Defines the cases of every other file of the unit tests, from the first (0) or the second (1) on. */
export async function unitHalf(first: 0 | 1): Promise<void> {
  const files = readdirSync(UNIT, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .sort()
    .filter((_, at) => at % 2 === first)
  for (const file of files) {
    const reports = await runInQuickJs(join(UNIT, file))
    describe(file, () => {
      for (const { name, ok, error } of reports) {
        it(name, () => {
          if (!ok) expect.fail(error ?? 'failed')
        })
      }
    })
  }
  it('has found files', () => {
    expect(files.length).toBeGreaterThan(10)
  })
}
