import { it } from 'vitest'
import { Appliance } from '/work/main/test/harness/appliance.ts'
import { SerialSocket } from '/work/main/test/harness/serial-socket.ts'

const file = (name: string) => ({ datastore: 'local', file: name })
const DISK = { ...file('debian.qcow2'), format: 'qcow2' }
const CASES: Record<string, object> = JSON.parse(process.env.CASES ?? '{}')
it.each(Object.keys(CASES))(
  '%s',
  async (name) => {
    const appliance = await Appliance.start({ name: `play-${name}`, probe: true, memoryMiB: 3072 })
    try {
      await appliance.readyAndLoggedIn()
      const vm = await appliance.vms.create({ name, memoryMiB: 384, disks: [DISK], nics: [{ network: 'nat' }], ...CASES[name] })
      const t = performance.now()
      await appliance.vms.power(vm.id, 'power-on', 60000)
      const s = await SerialSocket.open(appliance.api, vm.id)
      try {
        await s.waitFor(/^\w+ login:/m, 200000, appliance.machine.died)
        console.log(name, 'OK', Math.round(performance.now() - t), 'ms')
      } catch (e) {
        console.log(name, 'FAILED', String(e).slice(0, 300), s.text.slice(-300))
      }
    } finally {
      await appliance.stop()
    }
  },
  400000,
)
