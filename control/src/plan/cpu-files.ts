// What a plan of CPUs means for the control files of groups. Pure.
// @source Linux Documentation/admin-guide/cgroup-v2.rst, Cpuset Interface Files
import { renderCpuList } from '../domain/cpu-list.ts'
import { ROOT_POOL } from '../domain/pool.ts'
import type { CpuPlan } from './cpu-sets.ts'

type Files = Readonly<Record<string, string>>
interface Named {
  readonly name: string
  readonly parent: string
}

export class CpuFiles {
  /** CPUs that are VMs' or pools' own, all together. */
  readonly ownCount: number
  /** Of what is not a VM. */
  readonly everybody: Files
  readonly #plan: CpuPlan
  readonly #pools: readonly (Named & { readonly cpuSet: { readonly dedicated: boolean } })[]
  readonly #ownIn = new Map<string, number[]>()
  readonly #online: string
  /** Most VMs share one and the same list. */
  readonly #texts = new Map<readonly number[], string>()

  constructor(
    plan: CpuPlan,
    pools: readonly (Named & { readonly cpuSet: { readonly dedicated: boolean } })[],
    vms: readonly { readonly id: string; readonly pool: string }[],
  ) {
    this.#plan = plan
    this.#pools = pools
    const parents = new Map(pools.map(({ name, parent }) => [name, parent]))
    for (const { id, pool } of vms) {
      const own = plan.vms.get(id)?.own ?? []
      if (own.length === 0) continue
      for (
        let at: string | undefined = parents.has(pool) ? pool : ROOT_POOL;
        at !== undefined;
        at = at === ROOT_POOL ? undefined : parents.get(at)
      ) {
        this.#ownIn.set(at, [...(this.#ownIn.get(at) ?? []), ...own])
      }
    }
    this.ownCount = plan.online.length - plan.everybody.length
    this.#online = renderCpuList(plan.online)
    this.everybody = { 'cpuset.cpus': this.#text(plan.everybody) }
  }

  /** VMs that have some to themselves reach them through all groups that they are in. */
  pool(name: string): Files {
    const own = this.#ownIn.get(name) ?? []
    const cpus = name === ROOT_POOL ? this.#plan.online : (this.#plan.pools.get(name) ?? this.#plan.online)
    return { 'cpuset.cpus': this.#text([...cpus, ...own]), 'cpuset.cpus.exclusive': renderCpuList(own) }
  }

  vm(id: string): Files {
    const place = this.#plan.vms.get(id)
    if (place === undefined) return {}
    const { shared, own } = place
    return { 'cpuset.cpus': this.#text(own.length === 0 ? shared : [...shared, ...own]), 'cpuset.cpus.exclusive': renderCpuList(own) }
  }

  /** Of the group of its vCPUs; null where they have no CPUs of their own. They are held to one each, so that nothing there is to be balanced. */
  vcpus(id: string): Files | null {
    const own = this.#plan.vms.get(id)?.own ?? []
    if (own.length === 0) return null
    const list = renderCpuList(own)
    // What runs alone needs no weight, and whatever it had would be missing where the VM has company.
    return { 'cpu.weight': '1', 'cpuset.cpus': list, 'cpuset.cpus.exclusive': list, 'cpuset.cpus.partition': 'isolated' }
  }

  /** CPUs of a dedicated pool, for what of its VMs has none of its own; null for any other pool. */
  walled(name: string): number | null {
    const pool = this.#pools.find((one) => one.name === name)
    if (pool?.cpuSet.dedicated !== true) return null
    return (this.#plan.pools.get(name) ?? []).length
  }

  /** Of all also those that are offline, which are then in it when they come online. Empty it cannot be made again: the kernel refuses that for a group with processes. */
  #text(cpus: readonly number[]): string {
    const known = this.#texts.get(cpus)
    if (known !== undefined) return known
    const list = renderCpuList(cpus)
    const text = list === this.#online ? renderCpuList(this.#plan.present) : list
    this.#texts.set(cpus, text)
    return text
  }
}
