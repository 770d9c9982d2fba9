// Runs the attack program once for each attempt, confined as a running VM's process is: by the same hv-core, told what controld told it. Prints what came of each.
// Usage: attack.qjb DESCRIPTION FILTERS ATTACK WORD=VALUE… DESCRIPTION is a VM's view.json, FILTERS what `filters` read off its process, ATTACK the program's path.
import { closeFd, openFd, readText } from 'hv:fs'
import { args, run, type SpawnOptions } from 'hv:process'
import { fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'

const INSIDE = '/attack'
const NO_SUCH_CALL = 31 // SIGSYS
const [description = '', filters = '', program = '', ...words] = args

const output = fromFd(1)
const confinement = JSON.parse(readText(description)) as SpawnOptions
const names = decodeUtf8((await run({ argv: [program, 'names'] })).stdout)
  .trim()
  .split('\n')

for (const name of names) {
  const [code, directory] = [openFd(filters, 'r'), openFd('/', 'r')]
  const { stdout, signal } = await run({
    ...confinement,
    argv: [INSIDE, name, `self=${INSIDE}`, ...words],
    root: [...(confinement.root ?? []), { kind: 'bind', source: program, target: INSIDE, readOnly: true, allowExec: true }],
    fds: { 3: code, 4: directory },
  })
  const how = signal === NO_SUCH_CALL ? 'SIGSYS' : `signal-${signal}`
  output.write(signal === null ? decodeUtf8(stdout) : `refused ${name} ${how}\n`)
  closeFd(code)
  closeFd(directory)
}
output.detach()
