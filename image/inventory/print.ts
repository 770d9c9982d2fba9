// Writes corbel.cdx.json, licences.txt and sources.txt beside an ISO, from its manifest and from what the bundler puts into the programs.
// Usage, bundled: node print.mjs OUTPUT PROGRAM… (in the repository)
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledPackages } from './npm.ts'
import { type Manifest, renderLicences, renderSbom, renderSources } from './sbom.ts'

const [output = '', ...programs] = process.argv.slice(2)
const manifest = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')) as Manifest
const npm = await bundledPackages(process.cwd(), programs)
writeFileSync(join(output, 'licences.txt'), renderLicences(manifest, npm))
writeFileSync(join(output, 'sources.txt'), renderSources(manifest, npm))
writeFileSync(join(output, 'corbel.cdx.json'), renderSbom(manifest, npm, Number(process.env.SOURCE_DATE_EPOCH ?? 0)))
