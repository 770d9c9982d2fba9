// The closing line of a test run: `N passed, N failed`, skipped ones named when there are any.
import type { TestCase, TestModule } from 'vitest/node'

export default class ClosingLine {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    let skipped = 0
    for (const module of modules) {
      if (module.errors().length > 0) failed++
      for (const test of module.children.allTests() as Iterable<TestCase>) {
        const state = test.result().state
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        else skipped++
      }
    }
    const line = skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : `${passed} passed, ${failed} failed`
    process.on('exit', () => console.log(line))
  }
}
