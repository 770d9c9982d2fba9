// Completion for shells: the scripts, and what they call.
import type { Vm } from '../../domain/vm-status.ts'
import { Client } from '../client.ts'
import type { Command, Kind } from '../command.ts'
import { complete, type Lookup } from '../completion.ts'
import { COMPLETION_SCRIPTS, type Shell } from '../completion-scripts.ts'
import { usage } from '../failure.ts'
import { type Io, print } from '../io.ts'
import { segment } from '../names.ts'
import { readProfiles } from '../profiles.ts'
import { chooseTarget } from '../target.ts'

const SHELLS = Object.keys(COMPLETION_SCRIPTS)
/** Nobody waits longer for a Tab. */
const ANSWER_MS = 2000

/** `commands` are all of the program's. */
export function completionCommands(commands: () => readonly Command[]): readonly Command[] {
  return [
    {
      words: ['completion'],
      summary: 'The completion script for a shell: eval "$(corbel completion bash)"',
      arguments: [{ name: 'SHELL', kind: 'text', values: SHELLS }],
      async run({ given, io }) {
        const [shell = ''] = given.arguments
        if (!SHELLS.includes(shell))
          throw usage({ code: 'usage.invalid-value', field: 'SHELL', message: `must be one of ${SHELLS.join(', ')}` })
        print(io, COMPLETION_SCRIPTS[shell as Shell])
      },
    },
    {
      words: ['__complete'],
      summary: 'What can come next',
      hidden: true,
      raw: true,
      async run({ given, io }) {
        const typed = given.arguments
        const found = await complete(commands(), typed, lookUp(io, typed))
        print(io, found.map((word) => `${word}\n`).join(''))
      },
    },
  ]
}

/** A host that cannot be asked has no names: completion never complains. */
function lookUp(io: Io, typed: readonly string[]): Lookup {
  return async (kind) => {
    try {
      if (kind === 'profile') return Object.keys(readProfiles(io.env).profiles)
      const at = typed.indexOf('--host')
      const client = new Client(
        chooseTarget(at < 0 ? undefined : typed[at + 1], io.env, readProfiles(io.env)),
        AbortSignal.timeout(ANSWER_MS),
      )
      try {
        return await namesOf(client, kind)
      } finally {
        client.close()
      }
    } catch {
      return []
    }
  }
}

async function namesOf(client: Client, kind: Kind): Promise<readonly string[]> {
  switch (kind) {
    case 'vm': {
      const { items } = await client.call<{ items: readonly Vm[] }>('GET', '/v1/vms')
      return items.map(({ spec }) => spec.name)
    }
    case 'device': {
      const { items } = await client.call<{ items: readonly { readonly id: string }[] }>('GET', '/v1/host/devices')
      return items.map(({ id }) => id)
    }
    case 'pool': {
      const { items } = await client.call<{ items: readonly { readonly spec: { readonly name: string } }[] }>('GET', '/v1/pools')
      return items.map(({ spec }) => spec.name)
    }
    case 'task': {
      const { items } = await client.call<{ items: readonly { readonly id: string; readonly state: string }[] }>('GET', '/v1/tasks')
      return items.filter(({ state }) => state === 'running').map(({ id }) => id)
    }
    case 'datastore':
      return names(client, '/v1/datastores')
    case 'file': {
      const datastores = await names(client, '/v1/datastores')
      const files = await Promise.all(datastores.map((name) => names(client, `/v1/datastores/${segment(name)}/files`)))
      return datastores.flatMap((name, index) => (files[index] ?? []).map((file) => `${name}/${file}`))
    }
    default:
      return []
  }
}

async function names(client: Client, path: string): Promise<readonly string[]> {
  const { items } = await client.call<{ items: readonly { readonly name: string }[] }>('GET', path)
  return items.map(({ name }) => name)
}
