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
  const statOf = (name: string) => lstatSync(join(base, 'root', name), { throwIfNoEntry: false })
  const ifAny = Object.entries(contract.linksIfAny).filter(([name]) => statOf(name))
  const wrongLinks = [...Object.entries(contract.links), ...ifAny].filter(
    ([name, target]) => !statOf(name)?.isSymbolicLink() || readlinkSync(join(base, 'root', name)) !== target,
  )
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

function checkFiles(root: string): string[] {
  const missing = contract.data.filter((path) => !resolveInside(root, path))
  const broken = Object.keys(contract.programs).flatMap((path) => {
    const host = resolveInside(root, path)
    if (!host) return [`root${path}: missing`]
    const runs = (lstatSync(host).mode & 0o111) !== 0 && parseElf(readFileSync(host))
    return runs ? [] : [`root${path}: no executable program`]
  })
  const busybox = resolveInside(root, '/usr/bin/busybox')
  const isStatic = !busybox || parseElf(readFileSync(busybox))?.needed.length === 0
  return [...broken, ...missing.map((path) => `root${path}: missing`), ...(isStatic ? [] : ['root/usr/bin/busybox: not static'])]
}

/** What an ELF file asks for and does not get in this tree. */
function missingFor(root: string, file: Buffer): string[] {
  const { needed, interpreter } = parseElf(file) ?? { needed: [], interpreter: null }
  const directories = Object.entries(contract.libraryDirectories).flatMap(([path, list]) => (resolveInside(root, path) ? list : []))
  const found = (name: string) => directories.some((directory) => resolveInside(root, `${directory}/${name}`))
  const loader = interpreter !== null && !resolveInside(root, interpreter) ? [interpreter] : []
  return [...loader, ...needed.filter((name) => !found(name))]
}

function checkEntries(root: string): string[] {
  return entriesOf(root).flatMap(({ path, host, mode, isFile }) => {
    const wanting = isFile && (mode & 0o111 || path.includes('.so')) ? missingFor(root, readFileSync(host)) : []
    return [
      ...(mode & 0o6000 ? [`root${path}: set-uid or set-gid`] : []),
      ...(mode & 0o002 ? [`root${path}: writable by everyone`] : []),
      ...wanting.map((name) => `root${path}: needs ${name}, which is missing`),
    ]
  })
}

/** Every breach of the contract by the base in this directory, as one line each; none for a good base. */
export function checkBase(base: string): string[] {
  const layout = checkLayout(base)
  if (layout.length > 0) return layout
  const kernels = readdirSync(join(base, 'modules'))
  const [kernel] = kernels
  if (kernel === undefined || kernels.length !== 1) return [`modules: must hold one kernel, holds ${kernels.length}`]
  return [
    ...checkManifest(base, kernel),
    ...checkModules(base, kernel),
    ...checkFiles(join(base, 'root')),
    ...checkEntries(join(base, 'root')),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const base = process.argv[2] ?? ''
  const problems = checkBase(base)
  for (const problem of problems) console.error(`base: ${problem}`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
