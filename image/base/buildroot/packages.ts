// Reads what Buildroot says about the packages of a configuration (`make show-info`): which sources are missing, how many there are, and the
// manifest of the base. Never runs Buildroot and fetches nothing.
// Usage, bundled: node packages.mjs missing SHOW-INFO OUTPUT DOWNLOADS | count SHOW-INFO | manifest SHOW-INFO SDK-SHOW-INFO KERNEL VERSION COMMIT
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Download {
  readonly source: string
  readonly uris: readonly string[]
}

/** One entry of show-info. @source Buildroot, package/pkg-utils.mk: json-info */
interface Package {
  readonly type: string
  readonly name?: string
  readonly virtual?: boolean
  readonly version?: string
  readonly licenses?: string
  readonly dl_dir?: string
  readonly downloads?: readonly Download[]
  readonly stamp_dir?: string
  readonly install_target?: boolean
  readonly 'cpe-id'?: string
}

export type ShowInfo = Readonly<Record<string, Package>>

interface ManifestPackage {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly cpe?: string
  readonly source?: string
}

const isReal = ({ type, virtual }: Package) => (type === 'target' || type === 'host') && virtual !== true

/** A package that has been unpacked needs its archive no more. */
const isUnpacked = (output: string, { stamp_dir: directory }: Package) =>
  directory !== undefined && ['.stamp_rsynced', '.stamp_extracted'].some((stamp) => existsSync(join(output, directory, stamp)))

/** An override file can name a source tree for a package; Buildroot then calls the directory of its build so. */
const isOverridden = ({ stamp_dir: directory = '' }: Package) => directory.endsWith('-custom')

/** Buildroot puts the way of fetching before the address, and names the directory only: `http+https://…`. A repository's address is the whole. */
function addressOf({ source, uris: [uri = ''] }: Download): string {
  const [, method = '', address = ''] = /^(?:([a-z]+)\+)?([^|]*)/.exec(uri) ?? []
  return /^(git|svn|hg|bzr|cvs)$/.test(method) ? address : `${address}/${source}`
}

/** Sources that lie here already: our own programs, and the compiler that was built before. */
const isLocal = ({ downloads = [] }: Package) => downloads.some(({ uris }) => uris.some((uri) => /^(\w+\+)?(file:)?\//.test(uri)))

/** The sources that are not in the directory of downloads, each with where it belongs and where it comes from. */
export function missingSources(info: ShowInfo, output: string, downloads: string): string[] {
  const missing = Object.values(info)
    .filter((item) => isReal(item) && !isLocal(item) && !isOverridden(item) && !isUnpacked(output, item))
    .flatMap(({ dl_dir: directory = '', downloads: files = [] }) => files.map((file) => ({ directory, ...file })))
    .filter(({ directory, source }) => !existsSync(join(downloads, directory, source)))
  const lines = missing.map((file) => `  ${join(downloads, file.directory, file.source)}\n      from ${addressOf(file)}`)
  return [...new Set(lines)].sort()
}

export const countPackages = (info: ShowInfo): number => Object.values(info).filter(isReal).length

/** Of the compiler's side, the C library and what the compiler links into every program are on the appliance. */
const fromSdk = ['musl', 'gcc-final', 'host-gcc-final']

function describe(name: string, item: Package): ManifestPackage {
  const [download] = item.downloads ?? []
  return {
    name,
    version: item.version ?? '',
    licence: item.licenses ?? 'unknown',
    ...(item['cpe-id'] === undefined ? {} : { cpe: item['cpe-id'] }),
    ...(download === undefined ? {} : { source: addressOf(download) }),
  }
}

/**
 * What is on the target but for our own programs, which are no part of a base: packages without a version (skeletons, the ready-made compiler)
 * are Buildroot's own bookkeeping.
 */
export function manifestPackages(info: ShowInfo, sdk: ShowInfo): ManifestPackage[] {
  const own = Object.entries(info).filter(
    ([name, item]) => item.type === 'target' && isReal(item) && !isLocal(item) && item.version && !name.startsWith('toolchain'),
  )
  const basic = Object.entries(sdk).filter(([name, item]) => fromSdk.includes(name) && isReal(item) && item.version)
  const all = [...own, ...basic].map(([name, item]) => describe(name.replace(/^(host-)?gcc-final$/, 'gcc'), item))
  return [...new Map(all.map((item) => [item.name, item])).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function main([command = '', ...rest]: readonly string[]): string {
  const read = (path = '') => JSON.parse(readFileSync(path, 'utf8')) as ShowInfo
  const [info = '', second = '', third = '', version = '', commit = ''] = rest
  if (command === 'missing')
    return missingSources(read(info), second, third)
      .map((line) => `${line}\n`)
      .join('')
  if (command === 'count') return `${countPackages(read(info))}\n`
  if (command !== 'manifest') throw new Error(`no such command: ${command}`)
  const packages = manifestPackages(read(info), read(second))
  return `${JSON.stringify({ base: 'buildroot', buildroot: { version, commit }, kernel: third, packages }, null, 2)}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(main(process.argv.slice(2)))
