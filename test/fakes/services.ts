// Services that all run, and are started again at once when they are ended.
import type { ServiceName } from '../../control/src/domain/service.ts'
import type { ServiceStatus, Services } from '../../control/src/ports/services.ts'

export class FakeServices implements Services {
  readonly ended: ServiceName[] = []
  readonly missing = new Set<ServiceName>()

  observe(name: ServiceName): ServiceStatus {
    if (this.missing.has(name)) return { pid: null, startedAtSeconds: null, restarts: 0 }
    const restarts = this.ended.filter((other) => other === name).length
    return { pid: 100 + restarts, startedAtSeconds: 0, restarts }
  }

  end(name: ServiceName): void {
    if (!this.missing.has(name)) this.ended.push(name)
  }
}
