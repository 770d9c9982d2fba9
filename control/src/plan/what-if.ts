// What would become of a host if this and that were done to it, step by step, decided as the host itself decides. Of resources alone: files and names are left out. Pure.
import { check } from '../domain/check.ts'
import { type HostResources, hostResourcesSchema, type MachineSize, type ResourcesView } from '../domain/host-resources.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { findParentProblem, findPoolProblems, type PoolSpec, poolSpecSchema, ROOT_POOL } from '../domain/pool.ts'
import type { Problem } from '../domain/problem.ts'
import { type VmSpec, vmSpecSchema } from '../domain/vm.ts'
import { completeSpec } from '../domain/vm-complete.ts'
import { withHostFields } from '../domain/vm-difference.ts'
import type { StepOutcome, WhatIfStep } from '../domain/what-if.ts'
import { planLiveChange } from './live-change.ts'
import { isMissing, largerSize, missingFrom } from './machine-size.ts'
import { viewOf } from './resources-view.ts'
import { brokenBy, capacityOf, entranceFor, planStart, type Refused, refusalOf, refusedFor, type Situation } from './situation.ts'
import { claimOf, problemOf } from './vm-share.ts'

/** A VM, as far as its resources go. */
export interface ImaginedVm {
  readonly id: string
  /** What is wanted of it, and what it starts with. */
  readonly spec: VmSpec
  /** What is in force while it runs; null while it does not. */
  readonly inForce: VmSpec | null
  readonly bootMemoryMiB: number
  /** What it goes on with, where it is suspended. */
  readonly suspended: VmSpec | null
}

export interface Imagined {
  /** What the machine has, and had before anything went missing. */
  readonly has: MachineSize
  readonly had: MachineSize
  readonly settings: HostResources
  readonly pools: readonly PoolSpec[]
  readonly vms: readonly ImaginedVm[]
  readonly threadsPerCore: number
  /** Who would run on which CPUs of a machine with so many. */
  readonly planCpus: (cores: number, ...rest: Parameters<Situation['planCpus']>) => ReturnType<Situation['planCpus']>
  /** How many VMs more there may be. */
  readonly mostNewVms: number
}

export function imagine(
  host: Imagined,
  steps: readonly WhatIfStep[],
): { readonly steps: readonly StepOutcome[]; readonly resources: ResourcesView } {
  const imagination = new Imagination(host)
  const outcomes = steps.map((step) => imagination.take(step))
  return { steps: outcomes, resources: imagination.view() }
}

const ADMITTED: StepOutcome = { outcome: 'admitted', message: null, problems: [] }

function refused({ message, problems }: Pick<Refused, 'message' | 'problems'>): StepOutcome {
  return { outcome: 'refused', message, problems }
}

function refusedWith(code: string, field: string, message: string): StepOutcome {
  return refused({ message, problems: [{ code, field, message }] })
}

const invalid = (problems: readonly Problem[]) => refused({ message: 'It breaks the rules listed.', problems })

class Imagination {
  #has: MachineSize
  #had: MachineSize
  #settings: HostResources
  #pools: readonly PoolSpec[]
  readonly #vms: Map<string, ImaginedVm>
  readonly #host: Imagined
  #mostNewVms: number

  constructor(host: Imagined) {
    const { has, had, settings, pools, vms, mostNewVms } = host
    this.#host = host
    this.#has = has
    this.#had = had
    this.#settings = settings
    this.#pools = pools
    this.#vms = new Map(vms.map((vm) => [vm.id, vm]))
    this.#mostNewVms = mostNewVms
  }

  view(): ResourcesView {
    return { settings: this.#settings, missing: missingFrom(this.#had, this.#has), unkept: [], ...viewOf(this.#situation()) }
  }

  take(step: WhatIfStep): StepOutcome {
    switch (step.do) {
      case 'start':
        return this.#withVm(step.vm, (vm) => this.#start(vm))
      case 'start-new':
        return this.#startNew(step.spec, step.count)
      case 'stop':
        return this.#withVm(step.vm, (vm) => this.#stop(vm))
      case 'change':
        return this.#withVm(step.vm, (vm) => this.#change(vm, step.patch))
      case 'make-pool':
        if (step.spec.name === ROOT_POOL || this.#pool(step.spec.name) !== null)
          return refusedWith('pool.name.in-use', 'name', `There is a pool ${step.spec.name} already.`)
        return this.#putPool(step.spec)
      case 'change-pool':
        return this.#changePool(step.pool, step.patch)
      case 'delete-pool':
        return this.#deletePool(step.pool)
      case 'change-host':
        return this.#changeHost(step.patch)
      case 'restart':
        return this.#restart(step.cores, step.memoryMiB)
      default: {
        const unhandled: never = step
        throw new TypeError(`unhandled step ${JSON.stringify(unhandled)}`)
      }
    }
  }

  #situation(settings = this.#settings, pools = this.#pools): Situation {
    const { threadsPerCore, planCpus } = this.#host
    const { cores } = this.#has
    return {
      capacity: capacityOf(this.#has, threadsPerCore, settings),
      before: isMissing(missingFrom(this.#had, this.#has)) ? capacityOf(this.#had, threadsPerCore, settings) : null,
      planCpus: (...rest) => planCpus(cores, ...rest),
      pools,
      running: new Map([...this.#vms.values()].flatMap(({ id, inForce }) => (inForce === null ? [] : [[id, inForce] as const]))),
    }
  }

  #withVm(name: string, act: (vm: ImaginedVm) => StepOutcome): StepOutcome {
    const vm = this.#vms.get(name) ?? [...this.#vms.values()].find(({ spec }) => spec.name === name)
    return vm === undefined ? refusedWith('vm.not-found', 'vm', `There is no VM ${name}.`) : act(vm)
  }

  #put(vm: ImaginedVm): void {
    this.#vms.set(vm.id, vm)
  }

  #start(vm: ImaginedVm): StepOutcome {
    const { id, inForce } = vm
    if (inForce !== null) return refusedWith('vm.power.wrong-state', '', `${vm.spec.name} runs.`)
    const spec = startingWith(vm)
    const refusal = refusalOf(this.#situation(), id, spec)
    if (refusal !== null) return { ...refused(refusal), fits: 0 }
    this.#put(started(vm))
    return { ...ADMITTED, fits: this.#fits(spec) }
  }

  #startNew(draft: Extract<WhatIfStep, { do: 'start-new' }>['spec'], count: number): StepOutcome {
    const complete = completeSpec('', draft, null, () => false)
    if (!complete.ok) return invalid(complete.problems)
    const { value: spec } = complete
    if (spec.pool !== ROOT_POOL && this.#pool(spec.pool) === null) return noSuchPool(spec)
    const entrance = entranceFor(this.#situation(), '', spec)
    const mayLackCpus = this.#isPlaced(spec)
    for (let started = 0; started < count; started++) {
      const id = count === 1 ? spec.name : `${spec.name}-${started + 1}`
      const claim = claimOf(id, spec)
      const lack = refusedFor(entrance.shortages(claim).map(problemOf), `${spec.name} does not fit`)
      const refusal = lack ?? (mayLackCpus ? refusalOf(this.#situation(), id, spec) : null)
      if (refusal !== null) return { ...refused(refusal), started, fits: 0 }
      if (this.#mostNewVms === 0) return { ...refusedWith('vm.too-many', '', 'A host has no more VMs than that.'), started, fits: 0 }
      entrance.take(claim)
      this.#mostNewVms--
      this.#put({
        id: `new ${id}`,
        spec: { ...spec, name: id },
        inForce: { ...spec, name: id },
        bootMemoryMiB: spec.memoryMiB,
        suspended: null,
      })
    }
    return { ...ADMITTED, started: count, fits: this.#fits(spec) }
  }

  /** Where nobody asks for certain CPUs, none is short that the books do not know of. */
  #isPlaced(spec: VmSpec): boolean {
    const isSomewhere = ({ cpuPlacement, numaNodes }: VmSpec) =>
      cpuPlacement.mode !== 'shared' || cpuPlacement.cpus !== null || numaNodes !== null
    const running = [...this.#vms.values()].flatMap(({ inForce }) => inForce ?? [])
    return [spec, ...running].some(isSomewhere) || this.#pools.some(({ cpuSet, numaNodes }) => cpuSet.cpus !== null || numaNodes !== null)
  }

  /** By the books: CPUs that are asked for by number may be fewer. */
  #fits(spec: VmSpec): number {
    return entranceFor(this.#situation(), '', spec).fits(claimOf('', spec), this.#mostNewVms)
  }

  #stop(vm: ImaginedVm): StepOutcome {
    if (vm.inForce === null && vm.suspended === null) return refusedWith('vm.power.wrong-state', '', `${vm.spec.name} does not run.`)
    this.#put({ ...vm, inForce: null, suspended: null })
    return ADMITTED
  }

  /** As far as it can be done while the VM runs. */
  #change(vm: ImaginedVm, patch: unknown): StepOutcome {
    const checked = check(vmSpecSchema, mergePatch(vm.spec, patch), 'vm')
    const complete = checked.ok ? completeSpec(vm.id, checked.value, vm.spec, () => false) : checked
    if (!complete.ok) return invalid(complete.problems)
    const { value: spec } = complete
    if (spec.pool !== ROOT_POOL && this.#pool(spec.pool) === null) return noSuchPool(spec)
    if (vm.inForce === null) {
      this.#put({ ...vm, spec })
      return ADMITTED
    }
    const { inForce, bootMemoryMiB } = vm
    const shapeOf = () => ({ tap: '', receive: [], transmit: [] })
    const steps = planLiveChange({ uid: 0, inForce, wanted: spec, bootMemoryMiB, pathOf: () => '', shapeOf })
    const then = withHostFields(steps.at(-1)?.after ?? vm.inForce, spec)
    const refusal = refusalOf(this.#situation(), vm.id, then)
    if (refusal !== null) return refused(refusal)
    this.#put({ ...vm, spec, inForce: then })
    return ADMITTED
  }

  #pool(name: string): PoolSpec | null {
    return this.#pools.find((pool) => pool.name === name) ?? null
  }

  #putPool(spec: PoolSpec): StepOutcome {
    const isNew = this.#pool(spec.name) === null
    const pools = isNew ? [...this.#pools, spec] : this.#pools.map((pool) => (pool.name === spec.name ? spec : pool))
    const parent = findParentProblem(spec, pools)
    const problems = parent === null ? findPoolProblems(spec) : [parent]
    if (problems.length > 0) return invalid(problems)
    const refusal = brokenBy(this.#situation(), this.#situation(this.#settings, pools))
    if (refusal !== null) return refused(refusal)
    this.#pools = pools
    return ADMITTED
  }

  #changePool(name: string, patch: unknown): StepOutcome {
    const before = this.#pool(name)
    if (before === null) return refusedWith('pool.not-found', 'pool', `There is no pool ${name}.`)
    const checked = check(poolSpecSchema, mergePatch(before, patch), 'pool')
    if (!checked.ok) return invalid(checked.problems)
    if (checked.value.name !== name) return refusedWith('pool.name.fixed', 'name', 'The name of a pool cannot be changed.')
    return this.#putPool(checked.value)
  }

  #deletePool(name: string): StepOutcome {
    if (this.#pool(name) === null) return refusedWith('pool.not-found', 'pool', `There is no pool ${name}.`)
    const isInIt = ({ spec, inForce, suspended }: ImaginedVm) => [spec, inForce, suspended].some((one) => one?.pool === name)
    if (this.#pools.some(({ parent }) => parent === name) || [...this.#vms.values()].some(isInIt))
      return refusedWith('pool.in-use', 'pool', `Something is in the pool ${name}.`)
    this.#pools = this.#pools.filter((pool) => pool.name !== name)
    return ADMITTED
  }

  #changeHost(patch: unknown): StepOutcome {
    const checked = check(hostResourcesSchema, mergePatch(this.#settings, patch), 'resources')
    if (!checked.ok) return invalid(checked.problems)
    const refusal = brokenBy(this.#situation(), this.#situation(checked.value))
    if (refusal !== null) return refused(refusal)
    this.#settings = checked.value
    return ADMITTED
  }

  /** VMs that are not to start with the host stay off. */
  #restart(cores = this.#has.cores, memoryMiB = this.#has.memoryMiB): StepOutcome {
    this.#has = { cores, memoryMiB }
    this.#had = largerSize(this.#had, this.#has)
    for (const vm of this.#vms.values()) this.#put({ ...vm, inForce: null })
    const starters = [...this.#vms.values()]
      .filter(({ spec }) => spec.autostart.enabled)
      .map((vm) => ({ id: vm.id, spec: startingWith(vm) }))
    const plan = planStart(this.#situation(), starters)
    const problemsOf = new Map(plan.refused.map(({ starter, why }) => [starter.id, why.problems]))
    for (const { id } of plan.admitted) {
      const vm = this.#vms.get(id)
      if (vm !== undefined) this.#put(started(vm))
    }
    const vms = starters.map(({ id, spec }) => {
      const problems = problemsOf.get(id) ?? []
      return { name: spec.name, outcome: problems.length === 0 ? ('admitted' as const) : ('refused' as const), problems }
    })
    return { ...ADMITTED, vms }
  }
}

function startingWith({ spec, suspended }: ImaginedVm): VmSpec {
  return suspended === null ? spec : withHostFields(suspended, spec)
}

function started(vm: ImaginedVm): ImaginedVm {
  const inForce = startingWith(vm)
  return { ...vm, inForce, bootMemoryMiB: vm.suspended === null ? inForce.memoryMiB : vm.bootMemoryMiB, suspended: null }
}

function noSuchPool({ pool }: VmSpec): StepOutcome {
  return refusedWith('vm.pool.not-found', 'pool', `The pool ${pool} is no pool of this host.`)
}
