// Reads /proc/cpuinfo. Looks at no flag; what a processor can do is asked elsewhere.

export interface CpuFacts {
  readonly model: string
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}

/** Counts sockets by `physical id` and cores by the pair with `core id`; a processor that says neither is a core and shares one socket. */
export function parseCpuinfo(text: string): CpuFacts {
  const sockets = new Set<string>()
  const cores = new Set<string>()
  let model = ''
  let threads = 0
  for (const block of text.split(/\n\s*\n/)) {
    const fields = new Map(block.split('\n').map(splitField))
    const number = fields.get('processor')
    if (number === undefined) continue
    threads++
    model ||= (fields.get('model name') ?? '').replace(/\s+/g, ' ')
    const socket = fields.get('physical id') ?? '0'
    sockets.add(socket)
    cores.add(`${socket}/${fields.get('core id') ?? `thread ${number}`}`)
  }
  return { model: model || 'unknown', sockets: Math.max(1, sockets.size), cores: Math.max(1, cores.size), threads: Math.max(1, threads) }
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':')
  return colon < 0 ? ['', ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}
