// Reads the kernel's command line: words of the form NAME=VALUE.

/** The last value that a name is given, or null. Corbel's own have no blanks, so quotes are not looked at. */
export function commandLineValue(text: string, name: string): string | null {
  const word = text.split(/\s+/).findLast((candidate) => candidate.startsWith(`${name}=`))
  return word === undefined ? null : word.slice(name.length + 1)
}
