// What has to be undone for something that was set up step by step: run once, in reverse, and whatever fails is told and does not stop the rest.

type Undo = () => void | Promise<void>

export class UndoStack {
  readonly #steps: { readonly what: string; readonly undo: Undo }[] = []
  readonly #report: (what: string, error: unknown) => void

  constructor(report: (what: string, error: unknown) => void) {
    this.#report = report
  }

  /** `what` names the thing for the report: `cgroup`, `run directory`, … */
  push(what: string, undo: Undo): void {
    this.#steps.push({ what, undo })
  }

  /** Never rejects. */
  async undoAll(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo()
      } catch (error) {
        this.#report(step.what, error)
      }
    }
  }
}
