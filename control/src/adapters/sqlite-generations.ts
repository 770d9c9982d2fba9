// Generations of the configuration in the store's database. An earlier state follows from the present one and what has been changed since, so none is kept whole.
import type { Row, Value } from 'hv:sqlite'
import { CONFIGURATION_KINDS, type ConfigurationChange, type Generation, type GenerationHead } from '../domain/generation.ts'
import { GENERATION_CHARACTERS_KEPT, GENERATIONS_KEPT, type GenerationStore } from '../ports/generation-store.ts'
import { integer, text } from './sqlite-rows.ts'

interface Statements {
  run(sql: string, ...parameters: Value[]): { readonly lastInsertRowid: number }
  all(sql: string, ...parameters: Value[]): Row[]
}

const HEADS = 'SELECT number, at, author, what, changes FROM generation'
/** The number of the newest that is too much, counted from the newest end. */
const BEYOND = `
  SELECT max(number) AS last FROM (
    SELECT number, row_number() OVER (ORDER BY number DESC) AS place, sum(characters) OVER (ORDER BY number DESC) AS total FROM generation
  ) WHERE place > 1 AND (place > ${GENERATIONS_KEPT} OR total > ${GENERATION_CHARACTERS_KEPT})`
/** Of a group SQLite gives the other columns of the row that has the minimum or maximum. @source https://sqlite.org/lang_select.html, "Bare columns in an aggregate query" */
const sideOf = (column: 'before' | 'after', edge: 'min' | 'max') => `
  SELECT kind, id, ${column} AS value, ${edge}(number) AS edge FROM generation_change WHERE number > ? AND number <= ? GROUP BY kind, id ORDER BY kind, id`
const BEFORE = sideOf('before', 'min')
const AFTER = sideOf('after', 'max')

export class SqliteGenerations implements GenerationStore {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  append({ at, by, what, changes }: Omit<Generation, 'number'>): number {
    const rows = changes.map(({ kind, id, before, after }) => [kind, id, JSON.stringify(before), JSON.stringify(after)])
    const characters = rows.flat().reduce((sum, part) => sum + (part?.length ?? 0), 0)
    const { run } = this.#statements
    const number = run(
      'INSERT INTO generation (at, author, what, changes, characters) VALUES (?, ?, ?, ?, ?)',
      ...[at, by, what, changes.length, characters],
    ).lastInsertRowid
    for (const row of rows) {
      run('INSERT INTO generation_change (number, kind, id, before, after) VALUES (?, ?, ?, ?, ?)', number, ...(row as string[]))
    }
    const [beyond] = this.#statements.all(BEYOND)
    if (beyond !== undefined && beyond.last !== null) run('DELETE FROM generation WHERE number <= ?', integer(beyond, 'last'))
    return number
  }

  get(number: number): Generation | null {
    const [row] = this.#statements.all(`${HEADS} WHERE number = ?`, number)
    if (row === undefined) return null
    const changes = this.#statements
      .all('SELECT kind, id, before, after FROM generation_change WHERE number = ? ORDER BY kind, id', number)
      .map((change) => ({ ...keyOf(change), before: parsed(change, 'before'), after: parsed(change, 'after') }))
    return { ...headOf(row), changes }
  }

  list(before: number | null, limit: number): readonly GenerationHead[] {
    return this.#statements
      .all(`${HEADS} WHERE number < ? ORDER BY number DESC LIMIT ?`, before ?? Number.MAX_SAFE_INTEGER, limit)
      .map(headOf)
  }

  difference(from: number, to: number): readonly ConfigurationChange[] {
    const after = this.#statements.all(AFTER, from, to)
    // Both are in one order, and of the same objects.
    return this.#statements
      .all(BEFORE, from, to)
      .map((row, index) => ({ ...keyOf(row), before: parsed(row, 'value'), after: parsed(after[index] ?? row, 'value') }))
  }
}

function headOf(row: Row): GenerationHead {
  return {
    number: integer(row, 'number'),
    at: text(row, 'at'),
    by: text(row, 'author'),
    what: text(row, 'what'),
    changes: integer(row, 'changes'),
  }
}

function keyOf(row: Row): Pick<ConfigurationChange, 'kind' | 'id'> {
  const kind = CONFIGURATION_KINDS.find((one) => one === row.kind)
  if (kind === undefined) throw new TypeError('a generation has a change of an unknown kind')
  return { kind, id: text(row, 'id') }
}

function parsed(row: Row, column: string): unknown {
  return JSON.parse(text(row, column)) as unknown
}
