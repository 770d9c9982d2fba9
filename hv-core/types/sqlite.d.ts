// SQLite. Synchronous; throws HostError whose code is SQLite's extended result name and syscall the API function.
declare module 'hv:sqlite' {
  export type Value = string | number | bigint | Uint8Array | null
  /** Integers beyond 2^53 come as bigint. */
  export type Row = Record<string, Value>

  export interface Statement {
    run(...parameters: Value[]): { changes: number; lastInsertRowid: number }
    get(...parameters: Value[]): Row | undefined
    all(...parameters: Value[]): Row[]
    finalize(): void
  }
  export interface Database {
    /** One or more statements without parameters or rows. */
    exec(sql: string): void
    prepare(sql: string): Statement
    close(): void
  }
  /** Opens or creates (mode 0o600). Foreign keys on, defensive mode on, extension loading off. Journal and synchronous settings are the caller's. */
  export function open(path: string): Database
}
