// Where the tests find what was built and where they write; never makes anything but the log directory.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The nearest directory above `from` that holds package.json, so that bundles in build/ find the repository too. */
function findRepository(from: string): string {
  let directory = from
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error(`no package.json above ${from}`)
    directory = parent
  }
  return directory
}

export const repository = findRepository(dirname(fileURLToPath(import.meta.url)))
export const build = resolve(repository, process.env.BUILD ?? 'build')
export const guests = join(build, 'guests')

/** The base that was built, and is tested. */
export const baseName = process.env.BASE ?? 'debian'

/** The ISO of a base, as `make iso` leaves it. */
export const isoOf = (base: string) => join(build, 'image', base, 'corbel.iso')

/** The ISO under test: that of {@link baseName}, or the one that `CORBEL_ISO` names. */
export const iso = resolve(repository, process.env.CORBEL_ISO ?? isoOf(baseName))

/** The same, signed with own keys for UEFI. */
export const signedIso = join(build, 'image', baseName, 'corbel-signed.iso')

/** The variables of a firmware that knows these keys and no others. */
export const enrolledVariables = join(build, 'boot-keys', 'uefi-variables.fd')

/** Kernel, initramfs and verity data that belong to an ISO: they lie beside it. */
export const imageFile = (name: string, of = iso) => join(dirname(of), name)

/** An empty directory under build/logs for one boot. */
export function freshLogDirectory(name: string): string {
  const directory = join(build, 'logs', name)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  return directory
}
