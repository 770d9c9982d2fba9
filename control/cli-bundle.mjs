// cli-bundle.mjs FILE: reads control/src/cli, package.json and what they import, writes the command line as one file that Node runs, licences of others
// in it at its end. Run by Node in the repository's root.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const [, , file] = process.argv
if (file === undefined) throw new Error('cli-bundle.mjs FILE')
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

const { outputFiles, metafile } = await build({
  entryPoints: ['control/src/cli/corbel.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  write: false,
  metafile: true,
  logLevel: 'warning',
  define: { CORBEL_VERSION: JSON.stringify(version) },
  // ws is CommonJS and asks for Node's modules by require.
  banner: { js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
})

const names = Object.keys(metafile.inputs).flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
const licences = [...new Set(names)].sort().map((name) => {
  const directory = `node_modules/${name}`
  const licence = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry))
  if (licence === undefined) throw new Error(`${name} has no licence beside it`)
  return `/*! ${name}\n\n${readFileSync(`${directory}/${licence}`, 'utf8').trim().replaceAll('*/', '* /')}\n*/\n`
})

writeFileSync(file, [...outputFiles.map(({ text }) => text), ...licences].join('\n'))
chmodSync(file, 0o755)
