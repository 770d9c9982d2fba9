// A closed loop of requests on kept connections: how many a second, and how long one takes.
import type { ApiClient } from '../harness/api-client.ts'

export interface LoadResult {
  readonly connections: number
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The value below which `share` of the sorted `values` lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Each of `connections` asks for `path` again as soon as it has been answered, for `durationMs`. */
export async function measureLoad(api: ApiClient, path: string, connections: number, durationMs: number): Promise<LoadResult> {
  const begin = performance.now()
  const took: number[] = []
  const loop = async () => {
    while (performance.now() - begin < durationMs) {
      const sent = performance.now()
      await api.call('GET', path)
      took.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: connections }, loop))
  const seconds = (performance.now() - begin) / 1000
  return {
    connections,
    requests: took.length,
    perSecond: took.length / seconds,
    p50Ms: percentile(took, 0.5),
    p99Ms: percentile(took, 0.99),
  }
}
