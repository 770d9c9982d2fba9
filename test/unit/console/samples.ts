// Statuses and models for the console's tests.
import { initialModel, type Model, reduce } from '../../../control/src/console/app.ts'
import type { ConsoleStatus } from '../../../control/src/domain/console-status.ts'

const fingerprint = Array.from({ length: 32 }, (_, index) => ((index * 73 + 11) % 256).toString(16).toUpperCase().padStart(2, '0')).join(
  ':',
)

export const normalStatus: ConsoleStatus = {
  product: 'Corbel',
  version: '0.1.0',
  hostname: 'rack3',
  machine: { vendor: 'QEMU', model: 'Standard PC (Q35 + ICH9, 2009)', serial: 'CN-7423' },
  cpu: { model: 'AMD EPYC 7763 64-Core Processor', cores: 64, threads: 128 },
  memory: { totalMiB: 262144, usedMiB: 81920 },
  urls: [{ url: 'https://10.0.2.15/', origin: 'dhcp' }],
  certificateSha256: fingerprint,
  setupRequired: false,
  lockdown: { mode: 'normal', hasRecoveryCode: true },
  seed: { state: 'applied', problems: [] },
  state: 'persistent',
  datastore: { present: true, problem: null },
  health: [],
  vms: { running: 2, defined: 5, runningNames: ['web1', 'db1'] },
  install: { mode: 'none', state: 'idle' },
  system: { slot: null, generation: null },
  network: { pending: null, replacements: 0 },
  time: '2026-11-21T01:22:05.120Z',
}

const seedProblems = [
  { code: 'seed.hostname.invalid', field: 'hostname', message: 'must be a host name' },
  { code: 'request.unknown-field', field: 'managment', message: 'is not a known field' },
  { code: 'seed.version.not-allowed', field: 'version', message: 'must be one of 1' },
]

export const statuses = {
  normal: normalStatus,
  volatile: {
    ...normalStatus,
    state: 'volatile',
    datastore: { present: false, problem: null },
    urls: [],
    certificateSha256: null,
    health: [
      { severity: 'info', message: 'The clock was set by the network.' },
      { severity: 'warning', message: 'No disk for the state was found, so every change is lost at power-off.' },
      {
        severity: 'error',
        message: 'KVM is not available: turn on virtualisation in the firmware setup of this machine, then start it again.',
      },
    ],
  },
  locked: { ...normalStatus, lockdown: { mode: 'locked', hasRecoveryCode: false } },
  strict: { ...normalStatus, lockdown: { mode: 'strict', hasRecoveryCode: true } },
  'network-waits': { ...normalStatus, network: { pending: { secondsLeft: 42, phase: 'applied' }, replacements: 0 } },
  setup: { ...normalStatus, setupRequired: true, seed: { state: 'absent', problems: [] } },
  'seed-refused': { ...normalStatus, setupRequired: true, state: 'volatile', seed: { state: 'refused', problems: seedProblems } },
  'seed-refused-later': { ...normalStatus, seed: { state: 'refused', problems: seedProblems } },
  'seed-not-fetched': {
    ...normalStatus,
    setupRequired: true,
    seed: {
      state: 'refused',
      problems: [
        {
          code: 'seed.fetch',
          field: 'corbel.seed',
          message: 'could not be fetched: http://10.0.2.2:34051/seeds/52-54-00-c0-be-01.json: The server answers 404 (Not Found).',
        },
      ],
    },
  },
  'many-vms': {
    ...normalStatus,
    urls: [
      { url: 'https://192.168.100.200/', origin: 'static' },
      { url: 'https://[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]/', origin: 'dhcp' },
      { url: 'https://10.20.30.40/', origin: 'dhcp' },
    ],
    vms: { running: 150, defined: 1200, runningNames: Array.from({ length: 150 }, (_, index) => `customer-${index + 1}`) },
  },
  hostile: {
    ...normalStatus,
    hostname: 'evil\x1b[2J\x1b]0;owned\x07',
    machine: { vendor: '\u202eAcme\u200b', model: '機械\x9b31m', serial: 'a\r\nb\tc' },
    cpu: { model: `${'x'.repeat(300)}`, cores: 1, threads: 1 },
    urls: [{ url: `https://${'9'.repeat(400)}/`, origin: 'static' }],
    health: [{ severity: 'error', message: '\x1b[31m\0\x7f┌──┐ ok é' }],
    vms: { running: 3, defined: 3, runningNames: ['\x1bc', '👾\ud800', 'n'.repeat(200)] },
    network: { pending: null, replacements: 0 },
    time: '\x1b[999D',
  },
} as const satisfies Record<string, ConsoleStatus>

/** A console of this size after one answer. */
export function answeredModel(status: ConsoleStatus, columns: number, rows: number): Model {
  return reduce(initialModel(columns, rows, false), { kind: 'answered', status }).model
}

/** The same after the service has gone away. */
export function awayModel(status: ConsoleStatus, columns: number, rows: number): Model {
  return reduce(answeredModel(status, columns, rows), { kind: 'unanswered', sinceStartMs: 60_000 }).model
}
