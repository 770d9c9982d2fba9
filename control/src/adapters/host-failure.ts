// The one error that adapters of the VM host throw, and the translation of native errors into it.
import type { HostFailure } from '../ports/vm-host.ts'

export class VmHostFailure extends Error implements HostFailure {
  override readonly name = 'HostFailure'
  readonly path?: string

  /** `code` is stable and dotted, `step` the effect or system call concerned. */
  constructor(
    readonly code: string,
    readonly step: string,
    message: string,
    path?: string,
  ) {
    super(message)
    if (path !== undefined) this.path = path
  }
}

/** A native HostError (ENOENT of openat) becomes `host.ENOENT` with that call as its step; what is a HostFailure already stays. */
export function toHostFailure(error: unknown, step: string): HostFailure {
  if (error instanceof VmHostFailure) return error
  if (isNativeError(error)) {
    return new VmHostFailure(`host.${error.code}`, `${step}: ${error.syscall}`, error.message, error.path)
  }
  const message = error instanceof Error ? error.message : String(error)
  return new VmHostFailure('host.unexpected', step, message)
}

interface NativeError extends Error {
  readonly code: string
  readonly syscall: string
  readonly path?: string
}

export function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && error.name === 'HostError' && typeof (error as Partial<NativeError>).code === 'string'
}
