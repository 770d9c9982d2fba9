// Every command, in the order in which the help lists them.
import type { Command } from '../command.ts'
import { accountCommands } from './accounts.ts'
import { adoptionCommands } from './adoption.ts'
import { apiCommands } from './api.ts'
import { auditCommands } from './audit.ts'
import { backupCommands } from './backup.ts'
import { careCommands } from './care.ts'
import { completionCommands } from './completion.ts'
import { credentialCommands } from './credentials.ts'
import { eventCommands } from './events.ts'
import { fileCommands } from './files.ts'
import { generationCommands } from './generations.ts'
import { listCommands } from './lists.ts'
import { lockdownCommands } from './lockdown.ts'
import { mirrorCommands } from './mirrors.ts'
import { networkCommands } from './network.ts'
import { operationCommands } from './operations.ts'
import { poolCommands } from './pools.ts'
import { roleCommands } from './roles.ts'
import { seedCommands } from './seed.ts'
import { sessionCommands } from './session.ts'
import { slotCommands } from './slots.ts'
import { syslogCommands } from './syslog.ts'
import { taskCommands } from './tasks.ts'
import { usageCommands } from './usage.ts'
import { vmConsoleCommands } from './vm-console.ts'
import { vmEditCommands } from './vm-edit.ts'
import { whatIfCommands } from './what-if.ts'

const NOUNS = [
  'login',
  'logout',
  'whoami',
  'password',
  'profile',
  'top',
  'vm',
  'pool',
  'disk',
  'file',
  'datastore',
  'task',
  'event',
  'audit',
  'host',
  'lockdown',
  'recovery-code',
  'token',
  'certificate',
  'totp',
  'network',
  'user',
  'role',
  'session',
  'api',
  'seed',
  'completion',
]

const unordered: readonly Command[] = [
  ...sessionCommands,
  ...accountCommands,
  ...roleCommands,
  ...listCommands,
  ...vmEditCommands,
  ...operationCommands,
  ...poolCommands,
  ...lockdownCommands,
  ...networkCommands,
  ...whatIfCommands,
  ...vmConsoleCommands,
  ...usageCommands,
  ...fileCommands,
  ...taskCommands,
  ...eventCommands,
  ...auditCommands,
  ...syslogCommands,
  ...careCommands,
  ...mirrorCommands,
  ...generationCommands,
  ...slotCommands,
  ...backupCommands,
  ...adoptionCommands,
  ...credentialCommands,
  ...seedCommands,
  ...apiCommands,
  ...completionCommands(() => commands),
]

export const commands: readonly Command[] = [...unordered].sort((a, b) => NOUNS.indexOf(a.words[0]) - NOUNS.indexOf(b.words[0]))
