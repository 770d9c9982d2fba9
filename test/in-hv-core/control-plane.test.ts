// The control plane's programs behind their link, with this program in the place of the one that looks into slots.
import { sha256 as hash } from 'hv:crypto'
import { mkdir, readDir, readText, stat, statOrNull, symlink, writeFileAtomic } from 'hv:fs'
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
const [ENGINE = '', ...words] = readText('/proc/self/cmdline').split('\0')
const BUNDLE = words.find((word) => word.endsWith('.qjb')) ?? ''

if (args[0] === 'stage') {
  runLineJob('slots', async (print) => {
    copyPrograms(SLOT, args[2] ?? '', args[3] ?? '')
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
    controlPlane: createControlPlane({ directory, manifest, engine: ENGINE }, createClock()),
    sha256: SHA256,
    programs: () => currentPrograms(directory),
    staged() {
      const names = readDir(directory).filter((name) => name.startsWith('programs-of-'))
      // The next is taken by a program of the one that runs.
      for (const name of names) if (statOrNull(`${directory}/${name}/slots.qjb`) === null) symlink(BUNDLE, `${directory}/${name}/slots.qjb`)
      return names.map((name) => `${directory}/${name}`)
    },
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
