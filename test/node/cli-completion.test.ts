// Completion: what can come next, and bash asking for it by the script that it was given.
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMPLETION_SCRIPTS, type Shell } from '../../control/src/cli/completion-scripts.ts'
import { repository } from '../harness/paths.ts'
import { TestHost } from './cli/host.ts'
import { corbel, scratch } from './cli/program.ts'

/** Those that are not on this machine cannot read theirs. */
const SHELLS = Object.keys(COMPLETION_SCRIPTS) as Shell[]

let host: TestHost
beforeAll(async () => {
  host = await TestHost.start()
  for (const name of ['web1', 'web2', 'db1']) await host.client.call({ method: 'POST', path: '/v1/vms', body: { name } })
})
afterAll(() => host.stop())

async function next(...words: string[]): Promise<string[]> {
  const { exit, output, errors } = await corbel(['__complete', ...words], { env: host.env })
  expect([exit, errors]).toEqual([0, ''])
  return output.split('\n').slice(0, -1)
}

describe('what can come next', () => {
  it.each<[string, string[], string[]]>([
    ['nouns', ['e'], ['event']],
    ['verbs', ['vm', 'sus'], ['suspend']],
    ['verbs of one noun only', ['task', ''], ['list', 'show', 'wait', 'cancel']],
    ['nouns and verbs after help', ['help', 'host', 'p'], ['power-off']],
    ['after what every command has', ['--json', 'datastore', ''], ['list', 'vms', 'adopt-vms']],
    ['VMs by name', ['vm', 'power-on', 'w'], ['web1', 'web2']],
    ['VMs after options', ['vm', 'shutdown', '--timeout', '5', '--no-wait', 'd'], ['db1']],
    ['nothing where everything is there', ['vm', 'power-on', 'web1', ''], []],
    ['nothing where text is free', ['vm', 'rename', 'web1', ''], []],
    ['options', ['vm', 'set', 'web1', '--memory-m'], ['--memory-mib']],
    ['both ways of a switch', ['vm', 'create', '--no-t'], ['--no-tpm']],
    ['options of every command', ['--h'], ['--host', '--help']],
    ['choices', ['vm', 'create', '--firmware', 'ue'], ['uefi', 'uefi-secure-boot']],
    ['choices after =', ['vm', 'create', '--firmware=ue'], ['--firmware=uefi', '--firmware=uefi-secure-boot']],
    ['choices after = as bash splits them', ['vm', 'create', '--firmware', '=', 'ue'], ['uefi', 'uefi-secure-boot']],
    ['choices right after = as bash splits them', ['vm', 'create', '--display', '='], ['vga', 'virtio', 'none']],
    ['datastores', ['file', 'list', ''], ['local']],
    ['files', ['vm', 'create', '--cdrom', 'local/x'], ['local/x.iso']],
    [
      'paths of fields',
      ['vm', 'set', 'web1', '--set', 'boot.'],
      [
        'boot.from=',
        'boot.devices=',
        'boot.kernel=',
        'boot.kernel.datastore=',
        'boot.kernel.file=',
        'boot.initrd=',
        'boot.initrd.datastore=',
        'boot.initrd.file=',
        'boot.commandLine=',
      ],
    ],
    ['fields of devices', ['vm', 'set', 'web1', '--set', 'disk0.r'], ['disk0.readOnly=']],
    ['values of fields', ['vm', 'set', 'web1', '--set', 'boot.from=c'], ['boot.from=cdrom']],
    ['values of fields as bash splits them', ['vm', 'set', 'web1', '--set', 'disk0.readOnly', '=', ''], ['true', 'false']],
    ['keys', ['vm', 'keys', 'web1', 'ctrl+alt+del'], ['ctrl+alt+delete']],
    ['keys after keys', ['vm', 'keys', 'web1', 'ret', 'f1'], ['f1', 'f10', 'f11', 'f12']],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing where a file of here is wanted', ['file', 'upload', ''], []],
    ['nothing of an unknown command', ['wm', ''], []],
    ['nothing hidden', ['__'], []],
  ])('%s', async (_name, words, found) => {
    expect(await next(...words)).toEqual(found)
  })

  it('are the hosts that are known, and the tasks that run', async () => {
    const home = scratch()
    const env = { HOME: home.path }
    await corbel(['login', host.address, '--fingerprint', host.certificate.fingerprint, '--name', 'rack3'], {
      env,
      input: `${host.password}\n`,
    })
    expect((await corbel(['__complete', '--host', ''], { env })).output).toBe('rack3\n')
    expect((await corbel(['__complete', 'vm', 'list', '--host', 'r'], { env })).output).toBe('rack3\n')
    expect((await corbel(['__complete', '--host', 'rack3', 'vm', 'show', 'd'], { env })).output).toBe('db1\n')
    home.remove()
    expect(await next('task', 'cancel', '')).toEqual([])
  })

  it('are none, without a word, where no host can be asked', async () => {
    expect(await corbel(['__complete', 'vm', 'show', ''], { env: { ...host.env, CORBEL_HOST: '127.0.0.1:9' } })).toEqual({
      exit: 0,
      output: '',
      errors: '',
    })
    expect(await corbel(['__complete', 'vm', 'show', ''], { env: { HOME: '/nonexistent' } })).toEqual({ exit: 0, output: '', errors: '' })
  })
})

describe('the script', () => {
  it('is printed for each shell', async () => {
    for (const [shell, script] of Object.entries(COMPLETION_SCRIPTS)) expect((await corbel(['completion', shell])).output).toBe(script)
    expect((await corbel(['completion', 'csh'])).exit).toBe(2)
  })

  it.each(SHELLS.filter((shell) => spawnSync(shell, ['--version']).error === undefined))('is one that %s can read', (shell) => {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: COMPLETION_SCRIPTS[shell] })
    expect([status, stderr.toString()]).toEqual([0, ''])
  })
})

describe('bash', () => {
  const home = scratch()
  const program = join(home.path, 'corbel')
  afterAll(() => home.remove())
  beforeAll(() => {
    execFileSync('node', [join(repository, 'control/cli-bundle.mjs'), program])
  })

  /** What bash has as candidates after a Tab at the end of `line`, and whether it adds no space. */
  function tab(line: string): string[] {
    const words = line.match(/=|[^\s=]+|\s(?=$)/g)?.map((word) => word.trim()) ?? []
    const script = `
      eval "$(corbel completion bash)"
      compopt() { echo "compopt $1 $2"; }
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
      COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
      _corbel
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const env = { ...host.env, PATH: `${home.path}:${process.env.PATH}`, HOME: home.path }
    return execFileSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' }).split('\n').slice(0, -1)
  }

  it.each<[string, string[]]>([
    ['corbel vm su', ['suspend']],
    ['corbel task ', ['list', 'show', 'wait', 'cancel']],
    ['corbel vm create --firmware ue', ['uefi', 'uefi-secure-boot']],
    ['corbel vm create --firmware=ue', ['uefi', 'uefi-secure-boot']],
    ['corbel vm set web1 --set boot.fr', ['compopt -o nospace', 'boot.from=']],
    ['corbel vm set web1 --set boot.from=cd', ['cdrom']],
    ['corbel file upload ', ['']],
  ])('%s', (line, found) => {
    expect(tab(line)).toEqual(found)
  })
})
