// Renders what the appliance is made of: a CycloneDX document, a list of licences and a list of sources. Pure.
import { createHash } from 'node:crypto'
import type { NpmPackage } from './npm.ts'

interface BasePackage {
  readonly name: string
  readonly version: string
  readonly licence?: string
  readonly purl?: string
  readonly cpe?: string
  readonly source?: string
}

/** The image's manifest.json, as far as it matters here. */
export interface Manifest {
  readonly version: string
  readonly base: string
  readonly kernel: string
  readonly packages: readonly BasePackage[]
}

/** One line of the documents, wherever the package comes from. */
interface Part extends BasePackage {
  readonly origin: string
}

export function partsOf(manifest: Manifest, npm: readonly NpmPackage[]): Part[] {
  const own = { name: 'corbel', version: manifest.version, licence: 'Apache-2.0', origin: 'corbel' }
  const bundled = npm.map(({ name, version, license }) => ({
    ...{ name, version, licence: license, origin: 'npm' },
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  }))
  return [own, ...bundled, ...manifest.packages.map((item) => ({ ...item, origin: manifest.base }))]
}

const reference = ({ origin, name, version }: Part) => `${origin}/${name}@${version}`

/**
 * Licences are given as names, not as SPDX identifiers: what Buildroot and Debian write is their own spelling, and a wrong identifier would make
 * the document invalid. Corbel's own and npm's are SPDX.
 * @source CycloneDX 1.6, component
 */
function component(part: Part) {
  const spdx = part.origin === 'corbel' || part.origin === 'npm'
  const licence = part.licence === undefined ? {} : { licenses: [{ license: spdx ? { id: part.licence } : { name: part.licence } }] }
  return {
    type: part.origin === 'npm' ? 'library' : 'application',
    'bom-ref': reference(part),
    name: part.name,
    version: part.version,
    ...licence,
    ...(part.cpe === undefined ? {} : { cpe: part.cpe }),
    ...(part.purl === undefined ? {} : { purl: part.purl }),
    ...(part.source?.startsWith('http') !== true ? {} : { externalReferences: [{ type: 'source-distribution', url: part.source }] }),
  }
}

/** A number that follows from the content, so that the same image has the same document. @source RFC 9562, version 8 */
function serialNumber(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export function renderSbom(manifest: Manifest, npm: readonly NpmPackage[], epochSeconds: number): string {
  const [own, ...others] = partsOf(manifest, npm)
  const components = others.map(component)
  const document = {
    metadata: {
      timestamp: new Date(epochSeconds * 1000).toISOString(),
      component: own && {
        ...component(own),
        type: 'operating-system',
        description: `Corbel on base ${manifest.base}, Linux ${manifest.kernel}`,
      },
    },
    components,
    dependencies: own ? [{ ref: reference(own), dependsOn: others.map(reference) }] : [],
  }
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serialNumber(JSON.stringify(document)), version: 1 }
  return `${JSON.stringify({ ...head, ...document }, null, 2)}\n`
}

const whereElse: Readonly<Record<string, string>> = { corbel: 'this repository', npm: 'npm', debian: 'Debian' }

const table = (rows: readonly (readonly string[])[]) => rows.map((row) => `${row.join('\t')}\n`).join('')

export const renderLicences = (manifest: Manifest, npm: readonly NpmPackage[]): string =>
  table([
    ['# package', 'version', 'licence'],
    ...partsOf(manifest, npm).map(({ name, version, licence }) => [name, version, licence ?? 'see its copyright file']),
  ])

export const renderSources = (manifest: Manifest, npm: readonly NpmPackage[]): string =>
  table([
    ['# package', 'version', 'source'],
    ...partsOf(manifest, npm).map(({ name, version, source, origin }) => [name, version, source ?? whereElse[origin] ?? 'unknown']),
  ])
