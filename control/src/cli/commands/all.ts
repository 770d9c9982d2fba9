// Every command, in the order in which the help lists them.
import type { Command } from '../command.ts'
import { apiCommands } from './api.ts'
import { completionCommands } from './completion.ts'
import { eventCommands } from './events.ts'
import { fileCommands } from './files.ts'
import { listCommands } from './lists.ts'
import { operationCommands } from './operations.ts'
import { poolCommands } from './pools.ts'
import { sessionCommands } from './session.ts'
import { taskCommands } from './tasks.ts'
import { usageCommands } from './usage.ts'
import { vmConsoleCommands } from './vm-console.ts'
import { vmEditCommands } from './vm-edit.ts'
import { whatIfCommands } from './what-if.ts'

const NOUNS = ['login', 'logout', 'profile', 'top', 'vm', 'pool', 'disk', 'file', 'datastore', 'task', 'event', 'host', 'api', 'completion']

const unordered: readonly Command[] = [
  ...sessionCommands,
  ...listCommands,
  ...vmEditCommands,
  ...operationCommands,
  ...poolCommands,
  ...whatIfCommands,
  ...vmConsoleCommands,
  ...usageCommands,
  ...fileCommands,
  ...taskCommands,
  ...eventCommands,
  ...apiCommands,
  ...completionCommands(() => commands),
]

export const commands: readonly Command[] = [...unordered].sort((a, b) => NOUNS.indexOf(a.words[0]) - NOUNS.indexOf(b.words[0]))
