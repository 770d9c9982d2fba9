// Firmware that starts only what bears a signature, and whether a kernel does.
import { readFileSync } from 'node:fs'
import { imageFile } from '../harness/paths.ts'
import { withAppliance } from './booted.ts'

/** Whether the kernel of an ISO bears a signature: its PE header has a certificate table. @source PE format, optional header data directories */
export function isSigned(iso: string): boolean {
  const kernel = readFileSync(imageFile('vmlinuz', iso))
  const optionalHeader = kernel.readUInt32LE(0x3c) + 24
  return kernel.readUInt32LE(optionalHeader + 148) > 0
}

/** With Secure Boot and Microsoft's keys the loader refuses the ISO's kernel, says so, and restarts the machine. */
export async function expectRefusal(iso: string): Promise<void> {
  await withAppliance({ name: 'secure-boot-refusal', iso, firmware: 'secure-boot', noReboot: true }, async ({ machine, patience }) => {
    await machine.console.waitFor(/bad shim signature/, patience(40_000), machine.died)
    await machine.console.waitFor(/Secure Boot refuses it/, patience(10_000), machine.died)
    await machine.waitForPowerOff(patience(20_000))
  })
}
