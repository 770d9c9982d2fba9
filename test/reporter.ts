// The closing lines of a test run: the slowest files, every failure in a line, and `N passed, N failed`.
import type { TestCase, TestModule, TestSuite } from 'vitest/node'

/** Of a failure's message. */
const SHOWN_CHARACTERS = 300
const SLOW_FILES = 12

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS)

const messageOf = (errors: readonly { readonly message: string }[] | undefined) => oneLine(errors?.[0]?.message ?? 'no message')

const seconds = (module: TestModule) => module.diagnostic().duration / 1000

export default class ClosingLines {
  /** At once, too: a run that is cut off has no end. */
  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result()
    if (state === 'failed') console.log(`failed: ${test.module.relativeModuleId} > ${test.fullName}: ${messageOf(errors)}`)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly { readonly message: string }[]): void {
    let passed = 0
    let skipped = 0
    const failures = unhandledErrors.map((error) => `outside of a test: ${oneLine(error.message)}`)
    for (const module of modules) {
      const file = module.relativeModuleId
      if (module.errors().length > 0) failures.push(`${file}: ${messageOf(module.errors())}`)
      for (const suite of module.children.allSuites() as Iterable<TestSuite>) {
        if (suite.errors().length > 0) failures.push(`${file} > ${suite.fullName}: ${messageOf(suite.errors())}`)
      }
      for (const test of module.children.allTests() as Iterable<TestCase>) {
        const { state, errors } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failures.push(`${file} > ${test.fullName}: ${messageOf(errors)}`)
        else skipped++
      }
    }
    const slowest = [...modules].sort((a, b) => seconds(b) - seconds(a)).slice(0, SLOW_FILES)
    const times = slowest.map((module) => `${module.relativeModuleId} ${seconds(module).toFixed(0)} s`)
    const counts = `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    process.on('exit', () => console.log([`slowest: ${times.join(', ')}`, ...failures.map((line) => `failed: ${line}`), counts].join('\n')))
  }
}
