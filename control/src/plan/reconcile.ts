// Plans what a starting controld does about each VM that it remembers and each cgroup that it finds. Pure.

export interface Remembered {
  readonly id: string
  /** A process was started and not seen to end. */
  readonly hasProcess: boolean
}

export type Reconciliation =
  /** A process may still run: take it over. */
  | { readonly kind: 'adopt'; readonly id: string }
  /** It was remembered as running, and the whole machine has been down since: cgroups do not outlive that. */
  | { readonly kind: 'host-was-down'; readonly id: string }
  /** Something runs that nobody remembers starting, or whose start was never finished: it is ended. */
  | { readonly kind: 'remove-stray'; readonly id: string }

/**
 * One step a VM at most; VMs that are off and have nothing left need none. `hostWasDown` is whether the machine has been down since the store was written last:
 * if not, one that has no cgroup has ended, and only that end has not been written.
 */
export function planReconciliation(
  remembered: readonly Remembered[],
  cgroups: readonly string[],
  hostWasDown: boolean,
): readonly Reconciliation[] {
  const running = new Set(remembered.filter(({ hasProcess }) => hasProcess).map(({ id }) => id))
  const found = new Set(cgroups)
  return [
    ...[...running].map((id): Reconciliation => ({ kind: hostWasDown && !found.has(id) ? 'host-was-down' : 'adopt', id })),
    ...[...found].filter((id) => !running.has(id)).map((id): Reconciliation => ({ kind: 'remove-stray', id })),
  ]
}
