// The control plane's programs behind their link, with this program in the place of the one that looks into slots.
import { sha256 as hash } from 'hv:crypto'
import { mkdir, readDir, readLink, readText, stat, symlink, writeFileAtomic } from 'hv:fs'
import { args } from 'hv:process'
import { encodeUtf8, toHex } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { createControlPlane, currentPrograms, undoLiveUpdate } from '../../control/src/adapters/control-plane.ts'
import { copyPrograms } from '../../control/src/adapters/program-stage.ts'
import { runLineJob } from '../../control/src/main/line-job.ts'
import { type ControlPlaneBench, controlPlaneContract } from '../contract/control-plane.contract.ts'
import { removeDirectory } from './temporary.ts'

/** Known to both programs. */
const ROOT = '/tmp/corbel-control-plane'
const SLOT = `${ROOT}/slot`
const found =
  readText('/proc/self/cmdline')
    .split('\0')
    .find((word) => word.endsWith('.qjb')) ?? ''
/** Links lead to it from elsewhere. */
const BUNDLE = found.startsWith('/') ? found : `${readLink('/proc/self/cwd')}/${found}`

if (args[0] === 'stage') {
  runLineJob('slots', async (print) => {
    const target = args[3] ?? ''
    copyPrograms(SLOT, args[2] ?? '', target)
    // The next is taken by a program of the one that runs then.
    symlink(BUNDLE, `${target}/slots.qjb`)
    print({ done: true })
  })
  // Its output's end is the end.
  await new Promise(() => {})
}

const FILES = { 'controld.qjb': 'new', 'manifest.json': '{"version":"0.2.0"}', 'www/openapi.json': '{}' }
/** As sha256sum says it. */
const LISTED = Object.entries(FILES).map(([name, text]) => `${toHex(hash(encodeUtf8(text)))}  ./${name}\n`)
const SHA256 = toHex(hash(encodeUtf8(LISTED.join(''))))

let made = 0
function make(): ControlPlaneBench {
  const directory = `${ROOT}/run-${made++}`
  const image = `${directory}/image`
  mkdir(image, { recursive: true })
  symlink(BUNDLE, `${image}/slots.qjb`)
  symlink(image, `${directory}/programs`)
  const manifest = `${ROOT}/manifest.json`
  writeFileAtomic(manifest, JSON.stringify({ host: 'ab'.repeat(32) }))
  return {
    controlPlane: createControlPlane({ directory, manifest, engine: '/proc/self/exe' }, createClock()),
    sha256: SHA256,
    programs: () => currentPrograms(directory),
    staged: () =>
      readDir(directory)
        .filter((name) => name.startsWith('programs-of-'))
        .map((name) => `${directory}/${name}`),
    undo: (live) => undoLiveUpdate(directory, live),
  }
}

beforeEach(() => {
  mkdir(`${SLOT}/www`, { recursive: true })
  for (const [name, text] of Object.entries(FILES)) writeFileAtomic(`${SLOT}/${name}`, text)
})
afterEach(() => removeDirectory(ROOT))

controlPlaneContract(make)

describe('programs of a slot', () => {
  it('are copied as they are, for everybody to read', async () => {
    const { controlPlane } = make()
    const { directory } = await controlPlane.stage('b', SHA256)
    for (const [name, text] of Object.entries(FILES)) {
      expect(readText(`${directory}/${name}`)).toBe(text)
      expect(stat(`${directory}/${name}`).mode).toBe(0o644)
    }
    expect([stat(directory).mode, stat(`${directory}/www`).mode]).toEqual([0o755, 0o755])
  })

  it.each([
    ['one more', () => writeFileAtomic(`${SLOT}/more.qjb`, 'more')],
    ['one changed', () => writeFileAtomic(`${SLOT}/controld.qjb`, 'other')],
  ])('with %s are not those that were signed, and none is left', async (_, change) => {
    const { controlPlane, staged } = make()
    change()
    await expect(controlPlane.stage('b', SHA256)).rejects.toMatchObject({ code: 'update.programs' })
    expect(staged()).toEqual([])
  })
})
