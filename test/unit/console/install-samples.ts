// What the installer's routes answer, for the console's tests.
import { blankInstallDisk } from '../../fakes/installer.ts'
import { type Answers, said } from './play.ts'
import { normalStatus } from './samples.ts'

const usable = { unusable: null }

const installDisks = [
  { ...blankInstallDisk('vda'), ...usable },
  {
    ...blankInstallDisk('sda', { holds: 'foreign', contents: '3 partitions: FAT, Windows, Windows (NTFS) "Data"', ssd: false }),
    ...usable,
  },
  {
    ...blankInstallDisk('nvme0n1', {
      holds: 'corbel',
      contents: 'Corbel 0.1.0 (slot a), configuration, datastore',
      installed: true,
      datastore: true,
    }),
    ...usable,
  },
  {
    ...blankInstallDisk('sr1', { bootMedium: true, contents: 'a boot or installation medium (ISO 9660) "CORBEL"' }),
    unusable: '/dev/sr1 is the medium that the running system comes from',
  },
]

const idle = { mode: 'ask', state: 'idle', device: null, mirror: null, progress: null, problem: null, afterwards: 'restart' }

export const installViews = {
  idle,
  running: { ...idle, state: 'running', device: '/dev/vda', progress: { step: 'Copying the system', percent: 42 } },
  done: { ...idle, state: 'done', device: '/dev/vda', progress: { step: 'Done', percent: 100 } },
  failed: {
    ...{ ...idle, state: 'failed', device: '/dev/vda' },
    problem: { code: 'install.copy.differs', field: '', message: 'What was read back has the SHA-256 00, not 11.' },
  },
}

export const installAnswers: Answers = {
  'GET /v1/install': installViews.idle,
  'GET /v1/install/disks': { items: installDisks },
  'GET /v1/install/adapters': {
    items: [{ name: 'eth0', mac: '52:54:00:12:34:56', hasLink: true, speedMbps: 1000, slot: 'PCI0-03.0', driver: 'virtio_net' }],
  },
  'POST /v1/install/keyboard': said({ status: 204 }),
  'POST /v1/install?dryRun=true': { device: '/dev/vda', mirror: null, action: 'fresh', contents: 'nothing' },
  'POST /v1/install/recovery-code': said({
    status: 201,
    body: { code: '000011-000022-000033-000044-000055-000066-000077-000088', confirm: [2, 5, 8], validSeconds: 900 },
  }),
  'POST /v1/install/recovery-code/confirm': said({ status: 204 }),
  'POST /v1/install': said({ status: 202, body: installViews.running }),
}

export const askedStatus = { ...normalStatus, setupRequired: true, install: { mode: 'ask', state: 'idle' } } as const
export const seededStatus = { ...normalStatus, install: { mode: 'seed', state: 'running' } } as const
