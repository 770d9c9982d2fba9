// What a confined program needs of the system to be loaded: decides which of the files that are there, opens none.

/** Where a dynamic program says its loader is; which one is there tells the C library. @source System V ABI for x86-64 (glibc), and musl's. */
export const LOADERS = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-musl-x86_64.so.1'] as const
/** Debian's libraries have a directory of their own, where nothing else is that matters. */
export const LIBRARY_DIRECTORIES = ['/usr/lib/x86_64-linux-gnu'] as const
/** Elsewhere they lie in here, beside modules, firmware and bundles, which are nobody's business: so file by file. */
export const SHARED_DIRECTORY = '/usr/lib'

/** Paths to show at their own places: all of `present` (of the two lists above) and the libraries among `names` in the shared directory. */
export function pickLibraries(present: readonly string[], names: readonly string[]): readonly string[] {
  return [...present, ...names.filter((name) => /\.so(\.\d+)*$/.test(name) && !isLoader(name)).map((name) => `${SHARED_DIRECTORY}/${name}`)]
}

function isLoader(name: string): boolean {
  return LOADERS.some((path) => path.endsWith(`/${name}`))
}
