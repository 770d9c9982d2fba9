// A strict reader of Prometheus' text format 0.0.4, stricter than Prometheus itself: every rule of the format and of naming is checked.

export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  /** By labels, as they stand: `vm="web1",id="…"`; the empty string for none. */
  readonly samples: ReadonlyMap<string, number>
}

const NAME = /^[a-z][a-z0-9_]*$/
/** Only the three escapes that there are. */
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/
const LABELS = new RegExp(`^${LABEL.source}(?:,${LABEL.source})*$`)

/** Throws with the line that breaks a rule. */
export function parseMetrics(text: string): ReadonlyMap<string, MetricFamily> {
  const families = new Map<string, MetricFamily & { readonly samples: Map<string, number> }>()
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.slice(0, -1).split('\n')
  for (let at = 0; at < lines.length; ) {
    const [, name = '', help = ''] = matched(/^# HELP (\S+) (.+)$/, lines[at++])
    const [, typed, type = ''] = matched(/^# TYPE (\S+) (counter|gauge)$/, lines[at++])
    if (typed !== name || !NAME.test(name) || families.has(name)) throw new Error(`the family ${name} is named badly, or twice`)
    if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`)
    const samples = new Map<string, number>()
    while (at < lines.length && !lines[at]?.startsWith('#')) {
      const [, of, , labels = '', value = ''] = matched(/^([a-z0-9_]+)(\{(.*)\})? (\S+)$/, lines[at++])
      const number = Number(value)
      if (of !== name || !Number.isFinite(number) || number < 0 || samples.has(labels)) throw new Error(`a bad sample: ${lines[at - 1]}`)
      if (labels !== '' && !LABELS.test(labels)) throw new Error(`bad labels: ${labels}`)
      samples.set(labels, number)
    }
    if (samples.size === 0) throw new Error(`${name} has no sample`)
    families.set(name, { name, help, type, samples })
  }
  return families
}

function matched(pattern: RegExp, line: string | undefined): RegExpExecArray {
  const found = pattern.exec(line ?? '')
  if (found === null) throw new Error(`not ${pattern}: ${line}`)
  return found
}
