// The layout of an installed disk is written down twice: for the installer, and for the recipe that makes such a disk as a file.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { layoutOf, MIN_INSTALL_BYTES } from '../../control/src/domain/disk-layout.ts'

it('the recipe’s layout is the installer’s', () => {
  const lines = readFileSync('image/disk/layout', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('start='))
  const recipe = lines.map((line) => {
    const field = (name: string) => new RegExp(`${name}="?([^",]+?)(?:MiB)?"?(?:,|$)`).exec(line)?.[1]
    return { name: field('name'), start: Number(field('start')), size: field('size'), type: field('type') }
  })
  const installer = layoutOf(MIN_INSTALL_BYTES)
  expect(recipe.map(({ name, start }) => [name, start])).toEqual(installer.map(({ name, startMiB }) => [name, startMiB]))
  // sfdisk gives the last one what is left, and a partition without a type that of Linux.
  for (const [index, { size, type }] of recipe.entries()) {
    if (size !== undefined) expect(Number(size)).toBe(installer[index]?.sizeMiB)
    if (type !== undefined) expect(type).toBe(installer[index]?.type)
  }
})
