// Habits of the sources that a machine can check: sizes, opening sentences, words that have no place.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from './source-files.ts'

const LINES_AT_MOST = 350
const code = sourceFiles(/\.(ts|c|h)$/)
const recipes = sourceFiles(/^(image|rootfs|test|control)\//).filter(({ text }) => text.startsWith('#!'))

describe('sources', () => {
  it(`have at most ${LINES_AT_MOST} lines a file`, () => {
    const long = code.filter(({ path }) => !path.includes('/golden/')).map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    expect(long.filter(({ lines }) => lines > LINES_AT_MOST)).toEqual([])
  })

  it('open with a sentence that says what they hold', () => {
    expect(code.filter(({ text }) => !/^(\/\/|\/\*)/.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('have recipes that say what they read and write', () => {
    expect(recipes.filter(({ text }) => !/^#!.*\n#/.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('never say any, and never switch a check off', () => {
    const typed = code.filter(({ path }) => path.endsWith('.ts') && !path.endsWith('sources.test.ts'))
    expect(
      typed.filter(({ text }) => /:\s*any\b|\bas any\b|<any>|@ts-(ignore|nocheck|expect-error)/.test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  it('leave nothing for later', () => {
    const unfinished = /\b(TODO|FIXME|XXX|HACK)\b/
    expect(code.filter(({ path, text }) => !path.endsWith('sources.test.ts') && unfinished.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('keep words of virtual machines out of hv-core', () => {
    const host = code.filter(({ path }) => /^hv-core\//.test(path))
    expect(host.filter(({ text }) => /\b(qemu|qmp|kvm|vm|vms|guest|hypervisor)\b/i.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('name no package registry', () => {
    const all = sourceFiles(/^(?!LICENSE).*$/).filter(({ path }) => !path.endsWith('sources.test.ts'))
    expect(all.filter(({ text }) => /registry\.npmjs|deb\.debian\.org|snapshot\.debian\.org/.test(text)).map(({ path }) => path)).toEqual(
      [],
    )
  })
})

describe('commands', () => {
  const node = (...args: string[]) => {
    try {
      execFileSync('node', args, { encoding: 'utf8', stdio: 'pipe' })
      return ''
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return `${stdout}${stderr}`
    }
  }

  it.each([
    ['the control plane', 'control/tsconfig.json'],
    ['the printing of the API document', 'control/openapi/tsconfig.json'],
    ['the command line', 'control/src/cli/tsconfig.json'],
    ['the tests', 'test/tsconfig.json'],
    ['the tests that run in the engine', 'test/tsconfig.portable.json'],
  ])('the type checker is content with %s', (_name, project) => {
    expect(node('node_modules/typescript/bin/tsc', '-p', project)).toBe('')
  })

  it('the linter and formatter are content', () => {
    expect(node('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')).toBe('')
  })

  it('nothing exported is unused', () => {
    expect(node('node_modules/knip/bin/knip.js', '--no-progress')).toBe('')
  })
})
