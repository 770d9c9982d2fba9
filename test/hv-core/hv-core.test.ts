// Everything under test/in-hv-core, run by hv-core itself under the sanitizers, each case told as a case of its own.
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeHvCore, runInEngine } from './run-in-engine.ts'

const ROOT = 'test/in-hv-core'
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))

makeHvCore()

for (const file of files.sort().map((name) => `${ROOT}/${name}`)) {
  const { reports, status, stderr } = await runInEngine(file)
  for (const line of stderr.split('\n')) if (line.includes('measured: ')) console.log(line)
  describe(file, () => {
    for (const { name, ok, error } of reports) it(name, () => void expect(ok, error ?? '').toBe(true))
    it('ends by itself with no leak and no fault', () => {
      const faults = stderr.split('\n').filter((line) => /ERROR: |runtime error|uncaught: |unhandled rejection: /.test(line))
      expect({ status, faults }, stderr).toEqual({ status: 0, faults: [] })
      expect(reports.length).toBeGreaterThan(0)
    })
  })
}
