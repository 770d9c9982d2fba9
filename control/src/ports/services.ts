// The programs that init keeps running.
import type { ServiceName } from '../domain/service.ts'

export interface ServiceStatus {
  /** Null while it does not run. */
  readonly pid: number | null
  /** Seconds since boot at its latest start; null when it was never started. */
  readonly startedAtSeconds: number | null
  readonly restarts: number
}

export interface Services {
  observe(name: ServiceName): ServiceStatus
  /** Has it end; init starts it again. Nothing when it does not run. Of the program that asks, this ends all. */
  end(name: ServiceName): void
}
