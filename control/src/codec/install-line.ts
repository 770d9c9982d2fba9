// What the program that installs prints, one JSON object a line.
import type { InstallDisk, InstallProgress } from '../domain/install.ts'

export type InstallLine =
  | { readonly kind: 'progress'; readonly progress: InstallProgress }
  | { readonly kind: 'disks'; readonly disks: readonly InstallDisk[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'written'; readonly written: boolean }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** Null when it is none of these. The program is of the same image, so what is inside is trusted. */
export function parseInstallLine(text: string): InstallLine | null {
  try {
    const line = JSON.parse(text) as Partial<Record<string, unknown>>
    if (line.progress !== undefined) return { kind: 'progress', progress: line.progress as InstallProgress }
    if (Array.isArray(line.disks)) return { kind: 'disks', disks: line.disks as InstallDisk[] }
    if (line.done === true) return { kind: 'done' }
    if (typeof line.written === 'boolean') return { kind: 'written', written: line.written }
    if (line.failed === undefined) return null
    const { code, message } = line.failed as { readonly code: string; readonly message: string }
    return { kind: 'failed', code, message }
  } catch {
    return null
  }
}
