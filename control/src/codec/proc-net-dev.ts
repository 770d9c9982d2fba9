// Reads /proc/net/dev. @source proc_net(5)
import type { AdapterTraffic } from '../domain/usage.ts'

/** All network devices, virtual ones among them. */
export function parseNetDev(text: string): readonly AdapterTraffic[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.lastIndexOf(':')
    const numbers = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number)
    if (colon < 0 || numbers.length < 16) return []
    const [receivedBytes = 0, receivedPackets = 0, , receiveDropped = 0, , , , , sentBytes = 0, sentPackets = 0, , sendDropped = 0] =
      numbers
    const name = line.slice(0, colon).trim()
    return [{ name, receivedBytes, receivedPackets, sentBytes, sentPackets, dropped: receiveDropped + sendDropped }]
  })
}
