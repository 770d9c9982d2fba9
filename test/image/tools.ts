// What the image tests share: the base and lists of the repository; never changes what was built.
import { createHash } from 'node:crypto'
import { type Dirent, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { baseName, build, repository } from '../harness/paths.ts'

export const base = realpathSync(join(build, 'base', baseName))

/** Everything below a directory, by its path in there; links are not followed. */
export function walk(directory: string): { path: string; entry: Dirent }[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.map((entry) => ({ path: relative(directory, join(entry.parentPath ?? entry.path, entry.name)), entry }))
}

/** The lines of a list file without comments and blanks. */
export function readList(path: string): string[] {
  const lines = readFileSync(join(repository, path), 'utf8').split('\n')
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean)
}

/** An empty directory for what one test makes. */
export function freshDirectory(name: string): string {
  const directory = join(build, 'test-image', name)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  return directory
}

export const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

export interface Verity {
  readonly rootHash: string
  readonly salt: string
  readonly dataBlocks: number
}

export const readVerity = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Verity
