// `make run`: boots the ISO, has it run a demo VM, shows that VM's console, and hands the appliance's console to whoever sits here.
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { accelerator } from './accel.ts'
import { Appliance } from './appliance.ts'
import { attachTerminal, lineTyped } from './attach-terminal.ts'
import { iso } from './paths.ts'
import { SerialSocket } from './serial-socket.ts'
import { guestSpecs } from './vm-client.ts'

const { values: flags } = parseArgs({ options: { iso: { type: 'string', default: iso } } })
const startedAt = performance.now()
const times: (readonly [string, number])[] = []

const say = (text: string) => process.stdout.write(`${text}\n`)
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** Runs a step, says that it runs while it does, and notes how long it took. */
async function step<T>(what: string, act: () => Promise<T>): Promise<T> {
  say(`==> ${what}`)
  const begin = performance.now()
  const sign = setInterval(() => say(`    … ${seconds(performance.now() - begin)}`), 5000)
  try {
    const result = await act()
    times.push([what, performance.now() - begin])
    return result
  } finally {
    clearInterval(sign)
  }
}

/** Shows a guest's lines as they come, without what would move the cursor here. */
function showConsole(console: SerialSocket): () => void {
  let shown = 0
  const timer = setInterval(show, 100)
  function show(): void {
    const lines = console.text.slice(shown).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) say(`    │ ${line.replaceAll(/[^\x20-\x7e]/g, '')}`)
    shown = console.text.length - rest.length
  }
  return () => {
    clearInterval(timer)
    show()
    say(`    │ ${console.text.slice(shown)}`)
  }
}

async function runDemoVm(appliance: Appliance): Promise<void> {
  const { api, vms, patience, machine } = appliance
  const vm = await step('creating and starting the VM "demo" (Debian 13) through the API', async () => {
    const created = await vms.create(guestSpecs.debian('demo'))
    await vms.power(created.id, 'power-on', patience(10_000))
    return created
  })
  const console = await SerialSocket.open(api, vm.id)
  say('==> its console:')
  const stop = showConsole(console)
  try {
    const begin = performance.now()
    const [, kind] = await console.waitFor(/^corbel-guest: virtualisation is (\S+)/m, patience(40_000), machine.died)
    if (kind !== 'kvm') throw new Error(`the guest says that it runs on "${kind}", not on KVM`)
    await console.waitFor(/^debian login:/m, patience(40_000), machine.died)
    times.push(['the VM boots to its login prompt', performance.now() - begin])
  } finally {
    stop()
    console.close()
  }
}

function sayHowToReachIt(appliance: Appliance): void {
  say('')
  say(`    URL          https://127.0.0.1:${appliance.api.port}/v1/`)
  say(`    certificate  SHA-256 ${appliance.api.fingerprint}`)
  say(`    user         administrator`)
  say(`    password     ${appliance.password}`)
  say(`    VM console   user root, password corbel-guest`)
  say(`    ISO          ${(statSync(flags.iso).size / 1e6).toFixed(1)} MB  ${flags.iso}`)
  for (const [what, ms] of times) say(`    ${seconds(ms).padStart(11)}  ${what}`)
  say(`    ${seconds(performance.now() - startedAt).padStart(11)}  in all`)
  say('')
}

async function main(): Promise<void> {
  const chosen = await step('looking for hardware virtualisation', accelerator)
  say(`    ${chosen.name === 'kvm' ? 'KVM' : 'emulation (TCG) with SVM'}: ${chosen.reason}`)
  const appliance = await Appliance.start({ name: 'run', iso: flags.iso, memoryMiB: 2048 })
  try {
    const ready = await step('booting the ISO; waiting for the API', () => appliance.readyAndLoggedIn())
    times.push(['power-on to API', ready])
    await runDemoVm(appliance)
    sayHowToReachIt(appliance)
    if (process.stdin.isTTY && process.stdout.isTTY) {
      // The console fills the screen, so what stands there is to be read first.
      say('==> press Enter for the console of the appliance; there, Ctrl-] leaves it and powers off')
      await lineTyped(appliance.machine.died)
      await attachTerminal(appliance.machine.console, appliance.machine.died)
    }
    if (!appliance.machine.ended) await step('powering off through the API', () => appliance.powerOff())
  } catch (error) {
    say(`    logs: ${appliance.machine.logDirectory}`)
    throw error
  } finally {
    await appliance.stop()
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`make run: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
