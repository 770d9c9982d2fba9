// A failure of a fake host.

/** Something of the host went wrong. */
export class FakeFailure extends Error {
  override readonly name = 'HostFailure'
  readonly step = 'fake'
  constructor(
    readonly code: string,
    message = code,
  ) {
    super(message)
  }
}
