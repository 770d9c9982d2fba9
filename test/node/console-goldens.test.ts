// Whole screens of the console as text, compared with files. After an intended change: `npx vitest run --project node -u`.
import { describe, expect, it } from 'vitest'
import { initialModel, type Model } from '../../control/src/console/app.ts'
import { screenText } from '../../control/src/console/cells.ts'
import { drawScreen } from '../../control/src/console/view.ts'
import { answeredModel, awayModel, statuses } from '../unit/console/samples.ts'

const sizes = [
  [80, 24],
  [80, 25],
  [100, 30],
  [160, 50],
] as const

const models: Record<string, (columns: number, rows: number) => Model> = {
  starting: (columns, rows) => initialModel(columns, rows, false),
  away: (columns, rows) => awayModel(statuses.normal, columns, rows),
}
for (const [name, status] of Object.entries(statuses)) models[name] = (columns, rows) => answeredModel(status, columns, rows)

describe('the console', () => {
  for (const [name, model] of Object.entries(models)) {
    it.each(sizes)(`shows ${name} on %i × %i`, async (columns, rows) => {
      const text = screenText(drawScreen(model(columns, rows)))
      expect(text).toHaveLength(rows)
      await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(`./golden/console-${name}-${columns}x${rows}.golden`)
    })
  }

  it('says on a smaller screen what it needs', () => {
    const text = screenText(drawScreen(answeredModel(statuses.normal, 40, 10)))
    expect(text[0]).toBe('This screen needs 80 columns and 24 r...')
  })
})
