// What the program that works on the slots prints, one JSON object a line.
import type { BootSlotsSeen } from '../domain/boot-slot.ts'

export type SlotLine =
  | { readonly kind: 'seen'; readonly seen: BootSlotsSeen | null }
  /** Base64. */
  | { readonly kind: 'header'; readonly header: string }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'damaged'; readonly files: readonly string[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** Null when it is none of these. The program is of the same image, so what is inside is trusted. */
export function parseSlotLine(text: string): SlotLine | null {
  try {
    const line = JSON.parse(text) as Partial<Record<string, unknown>>
    if (line.seen !== undefined) return { kind: 'seen', seen: line.seen as BootSlotsSeen | null }
    if (typeof line.header === 'string') return { kind: 'header', header: line.header }
    if (typeof line.percent === 'number') return { kind: 'percent', percent: line.percent }
    if (line.damaged !== undefined) return { kind: 'damaged', files: line.damaged as readonly string[] }
    if (line.done === true) return { kind: 'done' }
    if (line.failed === undefined) return null
    const { code, message } = line.failed as { readonly code: string; readonly message: string }
    return { kind: 'failed', code, message }
  } catch {
    return null
  }
}
