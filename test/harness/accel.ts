// Finds out by trying whether hardware KVM with nesting works here; otherwise emulates an AMD machine with SVM.
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { guests } from './paths.ts'

export interface Accelerator {
  readonly name: 'kvm' | 'tcg'
  readonly argv: readonly string[]
  /** How much longer than hardware things may take; multiplies deadlines. */
  readonly slowness: number
  /**
   * Emulated, a processor that runs a nested guest loses its timer's interrupt now and then, and stands still until another one comes: seen with QEMU 7.2 as a
   * kernel that was stuck for just as long as nobody talked to it. Such a machine is sent something every so many milliseconds.
   */
  readonly nudgeEveryMs: number | null
  /** Why this one, for people. */
  readonly reason: string
}

const hardware = (reason: string): Accelerator => ({
  name: 'kvm',
  argv: ['-accel', 'kvm', '-cpu', 'host'],
  slowness: 1,
  nudgeEveryMs: null,
  reason,
})
const emulated = (reason: string): Accelerator => ({
  name: 'tcg',
  argv: ['-accel', 'tcg,thread=multi', '-cpu', 'max,+svm,+npt'],
  slowness: 10,
  nudgeEveryMs: 250,
  reason,
})

let chosen: Promise<Accelerator> | undefined

/** The same answer for the life of this process. `CORBEL_ACCEL=tcg|kvm` skips the trial. */
export function accelerator(): Promise<Accelerator> {
  chosen ??= choose()
  return chosen
}

async function choose(): Promise<Accelerator> {
  const wanted = process.env.CORBEL_ACCEL
  if (wanted === 'tcg') return emulated('asked for')
  if (wanted === 'kvm') return hardware('asked for')
  if (!existsSync('/dev/kvm')) return emulated('no /dev/kvm here')
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch {
    return emulated('/dev/kvm may not be opened by this user')
  }
  const failure = await tryNesting()
  return failure === null ? hardware('a nested virtual machine monitor works') : emulated(`/dev/kvm does not do here: ${failure}`)
}

/** Boots a kernel whose init loads KVM and opens /dev/kvm; null, or what went wrong. */
function tryNesting(): Promise<string | null> {
  const argv = [
    ...['-accel', 'kvm', '-cpu', 'host', '-machine', 'q35', '-m', '256', '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-serial', 'stdio', '-kernel', join(guests, 'hello.vmlinuz'), '-initrd', join(guests, 'hello.initrd')],
    ...['-append', 'console=ttyS0 quiet panic=-1'],
  ]
  return new Promise((resolve) => {
    const qemu = spawn('qemu-system-x86_64', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    const timer = setTimeout(() => finish('its kernel said nothing within 20 s'), 20_000)
    const finish = (failure: string | null) => {
      clearTimeout(timer)
      qemu.kill('SIGKILL')
      resolve(failure)
    }
    qemu.on('error', (error) => finish(error.message))
    qemu.stderr.on('data', (data: Buffer) => {
      errors += data.toString()
    })
    qemu.stdout.on('data', (data: Buffer) => {
      output += data.toString()
      if (/^corbel-guest: nested kvm is present\r?$/m.test(output)) finish(null)
      else if (/^corbel-guest: nested kvm is absent\r?$/m.test(output)) finish('no nesting')
    })
    qemu.on('exit', (code) => finish(errors.trim().split('\n').at(-1) ?? `QEMU ended with ${code}`))
  })
}
