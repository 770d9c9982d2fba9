// Work that must not meet other work on the same thing: one after the other, in the order in which it was asked for.

export interface Turns {
  /** Settles as `work` does. Must not be called from within work on the same thing, which would wait for itself. */
  alone<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  const latest = new Map<string, Promise<void>>()
  return {
    alone(key, work) {
      const turn = (latest.get(key) ?? Promise.resolve()).then(work)
      const ended = turn.then(
        () => {},
        () => {},
      )
      latest.set(key, ended)
      void ended.then(() => {
        if (latest.get(key) === ended) latest.delete(key)
      })
      return turn
    },
  }
}
