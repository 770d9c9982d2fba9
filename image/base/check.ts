// Checks a base against the contract and names everything that is wrong; never changes it.
// Usage, bundled: node check.mjs BASE
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as contract from './contract.ts'
import { parseElf } from './elf.ts'

interface Entry {
  /** Absolute, inside the root tree. */
  readonly path: string
  readonly host: string
  readonly mode: number
  readonly isFile: boolean
}

const moduleName = (path: string) =>
  posix
    .basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_')

/** The host's path of a path in the tree, links followed inside the tree; null when nothing is there. */
function resolveInside(root: string, path: string, depth = 0): string | null {
  if (depth > 40) return null
  let real = ''
  for (const part of posix.normalize(path).split('/').filter(Boolean)) {
    const next = `${real}/${part}`
    const stat = lstatSync(root + next, { throwIfNoEntry: false })
    if (!stat) return null
    if (!stat.isSymbolicLink()) {
      real = next
      continue
    }
    const found = resolveInside(root, posix.resolve(real || '/', readlinkSync(root + next)), depth + 1)
    if (found === null) return null
    real = found.slice(root.length)
  }
  return root + real
}

function entriesOf(root: string): Entry[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => {
      const host = join(entry.parentPath ?? entry.path, entry.name)
      return { path: host.slice(root.length), host, mode: lstatSync(host).mode & 0o7777, isFile: entry.isFile() }
    })
}

function checkLayout(base: string): string[] {
  const missing = [...contract.files, ...contract.directories].filter((name) => !existsSync(join(base, name)))
  const wrongLinks = Object.entries(contract.links).filter(([name, target]) => {
    const stat = lstatSync(join(base, 'root', name), { throwIfNoEntry: false })
    return !stat?.isSymbolicLink() || readlinkSync(join(base, 'root', name)) !== target
  })
  return [...missing.map((name) => `${name}: missing`), ...wrongLinks.map(([name, target]) => `root/${name}: must be a link to ${target}`)]
}

function checkManifest(base: string, kernel: string): string[] {
  const manifest = JSON.parse(readFileSync(join(base, 'manifest.json'), 'utf8')) as { base?: unknown; kernel?: unknown; packages?: unknown }
  const packages = Array.isArray(manifest.packages) ? (manifest.packages as { name?: unknown; version?: unknown }[]) : []
  const problems = []
  if (typeof manifest.base !== 'string') problems.push('manifest.json: base is no text')
  if (manifest.kernel !== kernel) problems.push(`manifest.json: kernel is ${String(manifest.kernel)}, modules are of ${kernel}`)
  if (packages.length === 0) problems.push('manifest.json: no packages')
  for (const { name, version } of packages) {
    if (typeof name !== 'string' || typeof version !== 'string') problems.push(`manifest.json: ${String(name)} has no version`)
  }
  return problems
}

function checkModules(base: string, kernel: string): string[] {
  const directory = join(base, 'modules', kernel)
  const lines = (name: string) => readFileSync(join(directory, name), 'utf8').split('\n').filter(Boolean)
  const indexes = ['modules.dep', 'modules.dep.bin', 'modules.alias.bin', 'modules.builtin', 'modules.softdep'].filter(
    (name) => !existsSync(join(directory, name)),
  )
  if (indexes.length > 0) return indexes.map((name) => `modules/${kernel}/${name}: missing`)
  const dependencies = lines('modules.dep').map((line) => line.split(/:?\s+|:$/).filter(Boolean))
  const known = new Set([...dependencies.map(([file = '']) => moduleName(file)), ...lines('modules.builtin').map(moduleName)])
  const absent = new Set(dependencies.flat().filter((file) => !existsSync(join(directory, file))))
  return [
    ...[...absent].map((file) => `modules/${kernel}/${file}: in modules.dep, but missing`),
    ...contract.modules.filter((name) => !known.has(name)).map((name) => `modules: ${name} is neither there nor built in`),
  ]
}

function checkRoot(root: string): string[] {
  const problems: string[] = []
  for (const path of Object.keys(contract.programs)) {
    const host = resolveInside(root, path)
    if (!host) problems.push(`root${path}: missing`)
    else if ((lstatSync(host).mode & 0o111) === 0 || !parseElf(readFileSync(host))) problems.push(`root${path}: no executable program`)
  }
  for (const path of contract.data) if (!resolveInside(root, path)) problems.push(`root${path}: missing`)

  const entries = entriesOf(root)
  const libraryNames = new Set(readdirSync(join(root, 'usr'), { recursive: true, withFileTypes: true }).map(({ name }) => name))
  for (const name of contract.libraries) if (!libraryNames.has(name)) problems.push(`root: library ${name} is missing`)
  for (const { path, host, mode, isFile } of entries) {
    if (mode & 0o6000) problems.push(`root${path}: set-uid or set-gid`)
    if (mode & 0o002) problems.push(`root${path}: writable by everyone`)
    if (!isFile || !(mode & 0o111 || path.includes('.so'))) continue
    const wanted = parseElf(readFileSync(host))?.needed ?? []
    for (const name of wanted) if (!libraryNames.has(name)) problems.push(`root${path}: needs ${name}, which is missing`)
  }
  const busybox = resolveInside(root, '/usr/bin/busybox')
  if (busybox && parseElf(readFileSync(busybox))?.needed.length !== 0) problems.push('root/usr/bin/busybox: not static')
  return problems
}

/** Every breach of the contract by the base in this directory, as one line each; none for a good base. */
export function checkBase(base: string): string[] {
  const layout = checkLayout(base)
  if (layout.length > 0) return layout
  const kernels = readdirSync(join(base, 'modules'))
  const [kernel] = kernels
  if (kernel === undefined || kernels.length !== 1) return [`modules: must hold one kernel, holds ${kernels.length}`]
  return [...checkManifest(base, kernel), ...checkModules(base, kernel), ...checkRoot(join(base, 'root'))]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const base = process.argv[2] ?? ''
  const problems = checkBase(base)
  for (const problem of problems) console.error(`base: ${problem}`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
