// A TPM, by UEFI: what was measured on the way is told, and the host starts as well with another one and without any.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstalledDisk } from '../harness/installed-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { withAppliance } from './booted.ts'

const password = 'not-of-the-tpm-1'
const seed = { version: 1, hostname: 'rack3', administrator: { password } }
const INSTALLED = { order: 'a b', a_tries: '3', a_state: 'good', b_tries: '0', b_state: 'empty', once: '' }

let chips = ''
let disk = ''
beforeAll(() => {
  chips = mkdtempSync(join(tmpdir(), 'corbel-tpm-'))
  disk = makeInstalledDisk(freshLogDirectory('tpm-disk'), INSTALLED)
})
afterAll(() => {
  rmSync(chips, { recursive: true, force: true })
  rmSync(disk, { force: true })
})

/** The SHA-256 registers that the host tells of once it has started from its disk; null without a TPM. */
function registers(chip: string | null): Promise<readonly string[] | null> {
  const tpm = chip === null ? {} : { tpm: join(chips, chip) }
  const options = { name: `tpm-${chip}`, firmware: 'uefi', medium: 'none', seed, dataDisk: disk, ...tpm } as const
  return withAppliance(options, async ({ api, patience, ready }) => {
    await ready(patience(60_000))
    await api.login(password)
    const { facts } = await api.call<{ facts: { tpm: { sha256: readonly string[] } | null } }>('GET', '/v1/host')
    return facts.tpm?.sha256 ?? null
  })
}

describe('a host with a TPM', () => {
  it('tells what was measured, and starts as well without it and with another one', async () => {
    const first = await registers('first')
    expect(first).toHaveLength(24)
    // Firmware, boot loader, and what GRUB was told and read. @source TCG PC Client Platform Firmware Profile; GRUB manual, "Measuring boot components"
    for (const index of [0, 4, 8, 9]) expect(first?.[index]).not.toMatch(/^0+$/)
    expect(await registers(null)).toBeNull()
    const second = await registers('second')
    // What GRUB reads has changed meanwhile: it counts its starts.
    for (const index of [0, 4]) expect(second?.[index]).toBe(first?.[index])
  })
})
