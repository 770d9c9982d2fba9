// Finds out which npm packages are really in the appliance's bundles, by asking the bundler what it read; never writes a bundle.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

export interface NpmPackage {
  readonly name: string
  readonly version: string
  readonly license: string
}

/** The packages that esbuild takes anything from for these programs of control/src/main. */
export async function bundledPackages(repository: string, programs: readonly string[]): Promise<NpmPackage[]> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: programs.map((name) => `control/src/main/${name}.ts`),
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2023',
    external: ['hv:*'],
    outdir: 'unused',
    logLevel: 'error',
  })
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  const names = used.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  return [...new Set(names)].sort().map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')) as NpmPackage
    return { name, version, license }
  })
}
