// The log of the program, for those who look after the machine. Never a secret in it.
import type { Severity } from '../domain/event.ts'

export type Log = (severity: Severity, text: string) => void
