// What is published beside the ISO: every file of the root image, every package with licence and source, and nothing that is not there.
import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTools } from '../harness/in-tools.ts'
import { imageFile } from '../harness/paths.ts'
import { freshDirectory, sha256, walk } from './tools.ts'

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly licenses?: readonly { readonly license: { readonly id?: string; readonly name?: string } }[]
}

interface Sbom {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

const lines = (name: string) =>
  readFileSync(imageFile(name), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('\t'))
const sbom = JSON.parse(readFileSync(imageFile('corbel.cdx.json'), 'utf8')) as Sbom
const manifest = JSON.parse(readFileSync(imageFile('manifest.json'), 'utf8')) as { packages: readonly Component[] }
const names = (items: readonly { name: string; version: string }[]) => items.map(({ name, version }) => `${name} ${version}`).sort()

describe('the list of files', () => {
  let tree = ''
  beforeAll(() => {
    tree = join(freshDirectory('inventory'), 'tree')
    inTools('fsck.erofs', `--extract=${tree}`, '--preserve', imageFile('root.img'))
  })

  it('is the image: kind, mode, owner, size and content of each file', () => {
    const octal = (mode: number) => `0${(mode & 0o7777).toString(8)}`
    const seen = walk(tree).map(({ path, entry }) => {
      const host = join(tree, path)
      const { mode, uid, gid, size } = lstatSync(host)
      const common = [octal(mode), `${uid}:${gid}`, '-']
      if (entry.isSymbolicLink()) return ['link', ...common, '-', '-', `/${path} -> ${readlinkSync(host)}`]
      return entry.isDirectory()
        ? ['directory', ...common, '-', '-', `/${path}`]
        : [entry.isFile() ? 'file' : 'other', ...common, `${size}`, sha256(host), `/${path}`]
    })
    const sorted = (rows: readonly string[][]) => rows.map((row) => row.join(' ')).sort()
    expect(sorted(lines('files.txt'))).toEqual(sorted(seen))
  })

  it('has nothing but root’s files, none set-uid, none with capabilities', () => {
    const odd = lines('files.txt').filter(([kind, mode = '', owner, capabilities]) => {
      const privileged = kind !== 'link' && (Number.parseInt(mode, 8) & 0o6000) !== 0
      return kind === 'other' || owner !== '0:0' || capabilities !== '-' || privileged
    })
    expect(odd).toEqual([])
  })
})

describe('the bill of materials', () => {
  it('is a CycloneDX document with a number that follows from its content', () => {
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
    expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('has every package of the base, what is bundled from npm, and nothing else', () => {
    const bundled = sbom.components.filter((component) => component['bom-ref'].startsWith('npm/'))
    expect(bundled.map(({ name }) => name)).toEqual(['get-east-asian-width', 'uqr', 'valibot'])
    expect(names(sbom.components.filter((component) => !bundled.includes(component)))).toEqual(names(manifest.packages))
  })

  it('refers to each component once, and to none that it lacks', () => {
    const references = sbom.components.map((component) => component['bom-ref'])
    expect(new Set(references).size).toBe(references.length)
    expect(sbom.dependencies).toEqual([{ ref: sbom.metadata.component['bom-ref'], dependsOn: references }])
  })

  it('gives a licence of each component', () => {
    expect(sbom.components.filter(({ licenses }) => !licenses?.[0]?.license.id && !licenses?.[0]?.license.name)).toEqual([])
  })

  it.each(['licences.txt', 'sources.txt'])('has the same packages as %s', (name) => {
    const listed = lines(name).map(([item = '', version = '']) => ({ name: item, version }))
    expect(names(listed)).toEqual(names([sbom.metadata.component, ...sbom.components]))
  })
})
