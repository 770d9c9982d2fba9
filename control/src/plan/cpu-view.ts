// A plan of CPUs as the API shows it. Pure.
import { renderCpuList } from '../domain/cpu-list.ts'
import type { CpusView } from '../domain/host-resources.ts'
import type { CpuPlan } from './cpu-sets.ts'

/** Most VMs share a list, and there may be a thousand. */
function renderer(): (cpus: readonly number[]) => string {
  const known = new Map<readonly number[], string>()
  return (cpus) => {
    const text = known.get(cpus) ?? renderCpuList(cpus)
    known.set(cpus, text)
    return text
  }
}

export function showCpus({ online, everybody, pools, vms }: CpuPlan, names: ReadonlyMap<string, { readonly name: string }>): CpusView {
  const render = renderer()
  return {
    ...{ online: renderCpuList(online), everybody: renderCpuList(everybody) },
    pools: [...pools].map(([name, cpus]) => ({ name, cpus: renderCpuList(cpus) })),
    vms: [...vms].map(([id, { shared, own, vcpus, nodes }]) => ({
      ...{ id, name: names.get(id)?.name ?? id, shared: render(shared), own: renderCpuList(own), nodes },
      vcpus: vcpus?.map(renderCpuList) ?? null,
    })),
  }
}
