// Reading answers of the API for showing: nothing that a host says makes the console fail.
import { describe, expect, it } from 'vitest'
import { flagAt, listAt, numberAt, textAt, textsAt, valueAt } from '../../../control/src/console/json.ts'

const body = { spec: { name: 'web1', vcpus: 2, on: true, nics: [{ mac: 'a' }, 7], tags: ['x', 3, 'y'] }, none: null }

describe('an answer', () => {
  it('is read by dotted paths', () => {
    expect(textAt(body, 'spec.name')).toBe('web1')
    expect(textAt(body, 'spec.vcpus')).toBe('2')
    expect(numberAt(body, 'spec.vcpus')).toBe(2)
    expect(flagAt(body, 'spec.on')).toBe(true)
    expect(listAt(body, 'spec.nics')).toHaveLength(2)
    expect(textsAt(body, 'spec.tags')).toEqual(['x', 'y'])
    expect(valueAt(body, '')).toBe(body)
  })

  it('shows as empty where it is not as expected', () => {
    for (const value of [undefined, null, 7, 'text', [], {}, body]) {
      expect(textAt(value, 'none.deep.er', '-')).toBe('-')
      expect(numberAt(value, 'spec.name')).toBeNull()
      expect(flagAt(value, 'spec.name')).toBe(false)
      expect(listAt(value, 'spec.name')).toEqual([])
      expect(textsAt(value, 'none')).toEqual([])
    }
  })
})
