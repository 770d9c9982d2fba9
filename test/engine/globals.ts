// What hv-core adds to the bare language, for bundles that run in another QuickJS: timers, whose time passes at once when nothing else is left to do.
// And what that engine has and the shipped one has not is taken away. The first import of a bundle.

interface Timer {
  readonly id: number
  readonly at: number
  readonly callback: () => void
}

const timers = new Map<number, Timer>()
let now = 0
let lastId = 0

/** Called by the runner when no job is pending: false when no timer is left either. */
function fireNextTimer(): boolean {
  const next = [...timers.values()].sort((a, b) => a.at - b.at || a.id - b.id)[0]
  if (next === undefined) return false
  timers.delete(next.id)
  now = Math.max(now, next.at)
  next.callback()
  return true
}

/** Newer than the engine of the appliance (2025-04-26). */
const NEWER: readonly (readonly [owner: object, names: readonly string[]])[] = [
  [
    Object.getPrototypeOf(Object.getPrototypeOf([].values())),
    ['map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'forEach', 'some', 'every', 'find'],
  ],
  [Set.prototype, ['union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom']],
  [Promise, ['try']],
  [Uint8Array, ['fromBase64', 'fromHex']],
  [Uint8Array.prototype, ['toBase64', 'toHex', 'setFromBase64', 'setFromHex']],
  [Math, ['sumPrecise', 'f16round']],
  [Error, ['isError']],
  [globalThis, ['Iterator', 'Float16Array', 'eval']],
]
for (const [owner, names] of NEWER) for (const name of names) Reflect.deleteProperty(owner, name)

Object.assign(globalThis, {
  fireNextTimer,
  setTimeout(callback: () => void, delayMs: number): number {
    const id = ++lastId
    timers.set(id, { id, at: now + Math.max(0, delayMs), callback })
    return id
  },
  clearTimeout(id: number): void {
    timers.delete(id)
  },
  queueMicrotask(callback: () => void): void {
    void Promise.resolve().then(callback)
  },
})
