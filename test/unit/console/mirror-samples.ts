// A host whose state lacks a copy and whose datastore gets one, for the console's tests.
import { installAnswers } from './install-samples.ts'
import { type Answers, said } from './play.ts'

const whole = (device: string) => ({ device, state: 'in-sync' })
const mirrors = {
  items: [
    { holds: 'state', device: '/dev/md0', copies: [whole('/dev/vda5')], missing: 1, copiedPercent: null },
    {
      holds: 'datastore',
      device: '/dev/md1',
      copies: [whole('/dev/vda6'), { device: '/dev/vdb6', state: 'copying' }],
      missing: 0,
      copiedPercent: 42,
    },
  ],
}
export const mirrorAnswers: Answers = {
  'GET /v1/host/mirrors': mirrors,
  'GET /v1/host/mirrors/disks': installAnswers['GET /v1/install/disks'],
  'POST /v1/host/mirrors/disks': said({ status: 202, body: {} }),
}
