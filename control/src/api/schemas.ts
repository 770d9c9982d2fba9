// What the API takes and answers, as schemas: those of requests are enforced, those of answers are documented and tested.
import * as v from 'valibot'
import type { UploadedFile } from '../app/uploads.ts'
import { SLOT_NAMES } from '../domain/boot-slot.ts'
import { closed } from '../domain/check.ts'
import type { ConsoleStatus } from '../domain/console-status.ts'
import { CONSOLE_KINDS, type ConsoleTicket } from '../domain/console-ticket.ts'
import type { Datastore } from '../domain/datastore.ts'
import { IMAGE_FORMATS } from '../domain/disk-image.ts'
import { type Event, type Severity, TARGET_KINDS, type Target } from '../domain/event.ts'
import { AGENT_STATES, type GuestStatus } from '../domain/guest.ts'
import type { HostFacts, HostStatus } from '../domain/host.ts'
import { LOCKDOWN_MODES } from '../domain/lockdown.ts'
import type { Problem } from '../domain/problem.ts'
import { TASK_KINDS, TASK_STATES, type Task } from '../domain/task.ts'
import { vmSpecSchema } from '../domain/vm.ts'
import { seconds, shutdownEndSchema } from '../domain/vm-policies.ts'
import { type LastExit, PAUSE_CAUSES, POWER_STATES, type Vm, type VmStatus } from '../domain/vm-status.ts'
import { auditEntrySchema } from './schemas-audit.ts'
import { hostTopologySchema } from './schemas-topology.ts'
import { balloonStatusSchema, usageComponents } from './schemas-usage.ts'

/** A schema whose output is a T. */
export type Of<T> = v.GenericSchema<unknown, T>

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const timestamp = v.pipe(v.string(), v.description('RFC 3339, UTC.'))
const severity = v.picklist(['info', 'warning', 'error']) satisfies Of<Severity>
const uuid = v.pipe(v.string(), v.uuid())

export const problemSchema = closed({
  code: v.pipe(v.string(), v.description('Stable and dotted.')),
  field: v.pipe(v.string(), v.description('A path such as `disks[0].file`; empty for the whole.')),
  message: v.string(),
  got: v.exactOptional(v.nullable(v.union([v.string(), v.number(), v.boolean()]))),
  min: v.exactOptional(v.number()),
  max: v.exactOptional(v.number()),
  allowed: v.exactOptional(v.array(v.string())),
}) satisfies Of<Problem>

/** @source RFC 9457 */
export const problemBodySchema = closed({
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  code: v.pipe(v.string(), v.description('Stable and dotted.')),
  detail: v.string(),
  problems: v.array(problemSchema),
})

const lastExitSchema = closed({
  at: timestamp,
  reason: v.pipe(v.string(), v.description('`guest-shutdown`, `host-qmp-quit`, `powered-off`, `host-restarted`, `crashed`, `unseen`, …')),
  code: v.nullable(v.number()),
  signal: v.nullable(v.number()),
}) satisfies Of<LastExit>

const claim = (what: string) => v.pipe(v.nullable(v.pipe(v.string(), v.maxLength(255))), v.description(what))

const guestStatusSchema = v.pipe(
  closed({
    agent: v.pipe(
      v.picklist(AGENT_STATES),
      v.description(
        '`absent`: nothing in the guest has opened the channel. `responding`: the guest agent answers. `silent`: the channel is open, and the latest question got no good answer.',
      ),
    ),
    claims: v.exactOptional(
      v.pipe(
        closed({
          observedAt: v.pipe(
            timestamp,
            v.description('When exactly this was first heard; it still is so while the agent is `responding`.'),
          ),
          hostname: claim('As the guest names itself.'),
          os: v.nullable(
            closed({
              id: claim('`debian`, `mswindows`, …'),
              name: claim('`Debian GNU/Linux 13 (trixie)`'),
              version: claim('`13`'),
              kernel: claim('`6.12.48+deb13-amd64`'),
            }),
          ),
          addresses: v.pipe(
            v.array(
              closed({
                interface: v.string(),
                mac: v.nullable(v.string()),
                address: v.pipe(v.string(), v.description('IPv4 or IPv6.')),
                prefixLength: v.pipe(count, v.maxValue(128)),
              }),
            ),
            v.readonly(),
            v.maxLength(64),
            v.description('Of the first 32 interfaces the first 16 each, 64 in all; without the loopback’s.'),
          ),
          frozen: v.pipe(v.boolean(), v.description('Whether its file systems are frozen; the rest is as it was before, then.')),
        }),
        v.description('What the guest says of itself, and may be wrong or a lie.'),
      ),
    ),
  }),
  v.description('What is heard of the guest by its agent. Only while the VM has a process.'),
) satisfies Of<GuestStatus>

/** How long a guest stays frozen at most. */
export const freezeSchema = closed({
  timeoutSeconds: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(600)), 60),
    v.description('When it is thawed unless it was before.'),
  ),
})

const vmStatusSchema = closed({
  powerState: v.picklist(POWER_STATES),
  pausedBecause: v.exactOptional(v.pipe(v.picklist(PAUSE_CAUSES), v.description('Why it is paused, where nobody asked for that.'))),
  pending: v.exactOptional(
    v.pipe(
      v.array(v.string()),
      v.readonly(),
      v.description(
        'Fields of the spec that are not in force yet and wait for the next power-on: `vcpus`, `disk1.serial`. Only while it runs or is suspended.',
      ),
    ),
  ),
  pid: v.exactOptional(count),
  guest: v.exactOptional(guestStatusSchema),
  balloon: v.exactOptional(v.pipe(balloonStatusSchema, v.description('Only while the guest is to have less than all of its memory.'))),
  startedAt: v.exactOptional(timestamp),
  lastExit: v.exactOptional(lastExitSchema),
  restartAt: v.exactOptional(v.pipe(v.string(), v.description('When it will be started again after a crash. RFC 3339, UTC.'))),
}) satisfies Of<VmStatus>

export const vmSchema = closed({
  id: uuid,
  revision: v.pipe(v.number(), v.integer(), v.minValue(1), v.description('Counts changes of the spec; the ETag is this in quotes.')),
  /** In an answer every NIC has its MAC address. */
  spec: vmSpecSchema as unknown as Of<Vm['spec']>,
  status: vmStatusSchema,
}) satisfies Of<Vm>

const targetSchema = closed({
  kind: v.picklist(TARGET_KINDS),
  id: v.pipe(v.string(), v.description('Of a file `DATASTORE/NAME`.')),
}) satisfies Of<Target>

export const taskSchema = closed({
  id: uuid,
  kind: v.picklist(TASK_KINDS),
  target: targetSchema,
  state: v.picklist(TASK_STATES),
  progressPercent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  cancellable: v.pipe(v.boolean(), v.description('Whether it can be cancelled now.')),
  createdAt: timestamp,
  endedAt: v.nullable(timestamp),
  error: v.nullable(problemSchema),
  by: v.pipe(v.string(), v.description('The user, or `console`.')),
}) satisfies Of<Task>

export const eventSchema = closed({
  id: v.pipe(count, v.description('Increasing, never reused.')),
  at: timestamp,
  code: v.string(),
  severity,
  target: targetSchema,
  message: v.string(),
}) satisfies Of<Event>

const machineSchema = closed({ vendor: v.string(), model: v.string(), serial: v.string() })
const memorySchema = closed({ totalMiB: count, usedMiB: count })

const hostFactsSchema = closed({
  product: v.string(),
  version: v.string(),
  machine: machineSchema,
  cpu: closed({ model: v.string(), sockets: count, cores: count, threads: count }),
  memoryMiB: count,
  kvm: closed({ available: v.boolean(), kind: v.nullable(v.picklist(['intel', 'amd'])) }),
  tpm: v.pipe(
    v.nullable(closed({ sha256: v.pipe(v.array(v.string()), v.readonly(), v.description('Registers 0 to 23, in hexadecimal.')) })),
    v.description('What the firmware and the boot loader have measured; nothing depends on it. Null without a TPM 2.0.'),
  ),
}) satisfies Of<HostFacts>

const hostStatusSchema = closed({
  hostname: v.string(),
  time: timestamp,
  uptimeSeconds: v.pipe(v.number(), v.minValue(0)),
  memory: memorySchema,
  addresses: v.array(
    closed({
      adapter: v.string(),
      address: v.string(),
      family: v.picklist([4, 6]),
      origin: v.picklist(['static', 'dhcp', 'slaac', 'link-local']),
    }),
  ),
}) satisfies Of<HostStatus>

export const consoleStatusSchema = closed({
  product: v.string(),
  version: v.string(),
  hostname: v.string(),
  machine: machineSchema,
  cpu: closed({ model: v.string(), cores: count, threads: count }),
  memory: memorySchema,
  urls: v.array(closed({ url: v.string(), origin: v.picklist(['static', 'dhcp', 'slaac']) })),
  certificateSha256: v.nullable(v.string()),
  setupRequired: v.boolean(),
  lockdown: closed({ mode: v.picklist(LOCKDOWN_MODES), hasRecoveryCode: v.boolean() }),
  seed: closed({ state: v.picklist(['absent', 'applied', 'refused']), problems: v.array(problemSchema) }),
  state: v.picklist(['persistent', 'volatile']),
  datastore: closed({ present: v.boolean(), problem: v.nullable(v.string()) }),
  health: v.array(closed({ severity, message: v.string() })),
  vms: closed({ running: count, defined: count, runningNames: v.array(v.string()) }),
  network: closed({
    pending: v.nullable(closed({ secondsLeft: count, phase: v.picklist(['applying', 'applied', 'undoing']) })),
    replacements: count,
  }),
  install: closed({ mode: v.picklist(['none', 'ask', 'seed', 'done']), state: v.picklist(['idle', 'running', 'done', 'failed']) }),
  system: closed({
    slot: v.nullable(closed({ name: v.picklist(SLOT_NAMES), confirmed: v.boolean() })),
    generation: v.nullable(count),
  }),
  time: timestamp,
}) satisfies Of<ConsoleStatus>

export const consoleTicketSchema = closed({
  ticket: v.pipe(v.string(), v.description('Good once.')),
  path: v.pipe(v.string(), v.description('Of the WebSocket, for `GET`.')),
  validSeconds: count,
}) satisfies Of<ConsoleTicket>

/** A console to be let in to. */
export const ticketRequestSchema = closed({
  console: v.picklist(CONSOLE_KINDS),
  port: v.pipe(v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3)), 0), v.description('Of a serial console.')),
})

/** A list answer. */
export function listOf<Item extends v.GenericSchema>(item: Item) {
  return closed({ items: v.array(item) })
}

export const datastoreSchema = closed({
  name: v.string(),
  uuid: v.pipe(v.nullable(v.string()), v.description('Of its file system: it is known by that wherever its disk is plugged in.')),
  totalBytes: count,
  availableBytes: count,
}) satisfies Of<Datastore>
export const datastoreFileSchema = closed({
  name: v.string(),
  sizeBytes: count,
  allocatedBytes: v.pipe(count, v.description('What it takes; less than its size where it has holes.')),
  modifiedAt: timestamp,
  usedBy: v.pipe(v.array(uuid), v.readonly(), v.description('IDs of the VMs that use it.')),
})
export const uploadedFileSchema = closed({
  name: v.string(),
  sizeBytes: count,
  sha256: v.pipe(v.string(), v.description('In hexadecimal.')),
  format: v.pipe(v.picklist(IMAGE_FORMATS), v.description('What it was said to be, or else what it begins as.')),
}) satisfies Of<UploadedFile>
export const healthSchema = closed({ status: v.literal('ok'), version: v.string() })
export const hostSchema = closed({ facts: hostFactsSchema, status: hostStatusSchema })
export const sessionSchema = closed({ token: v.string(), expiresAt: timestamp })

export const oneTimeCodeSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

/** Not the rule for new passwords: what was set once must stay usable. The length bounds the work of hashing. */
export const loginSchema = closed({
  username: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  /** Where the user has one-time codes: the one of now, or a backup code. */
  totp: v.optional(oneTimeCodeSchema),
})

/** Any of a VM's fields; null gives a field its default back. @source RFC 7396 */
export const patchSchema = v.record(v.string(), v.unknown())

/** What is left out is as the VM's spec says. */
export const shutdownRequestSchema = closed({
  timeoutSeconds: v.optional(seconds(5, 3600)),
  onTimeout: v.optional(shutdownEndSchema),
})

/** For acts that take nothing: no body, or an empty object. */
export const emptySchema = closed({})

/** Named in the API document. */
export const components = {
  Problem: problemSchema,
  ProblemBody: problemBodySchema,
  VmSpec: vmSpecSchema,
  LastExit: lastExitSchema,
  VmStatus: vmStatusSchema,
  GuestStatus: guestStatusSchema,
  Vm: vmSchema,
  Task: taskSchema,
  Event: eventSchema,
  HostFacts: hostFactsSchema,
  HostStatus: hostStatusSchema,
  HostTopology: hostTopologySchema,
  ConsoleStatus: consoleStatusSchema,
  ConsoleTicket: consoleTicketSchema,
  Datastore: datastoreSchema,
  DatastoreFile: datastoreFileSchema,
  UploadedFile: uploadedFileSchema,
  AuditEntry: auditEntrySchema,
  ...usageComponents,
} as const
