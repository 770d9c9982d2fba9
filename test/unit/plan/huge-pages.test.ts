// How many huge pages are needed where.
import { describe, expect, it } from 'vitest'
import { planHugePages } from '../../../control/src/plan/huge-pages.ts'
import { spec } from '../../fakes/spec.ts'

const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'
const vm = (values: object) => spec(ID, { name: 'a', ...values })

describe('huge pages', () => {
  it('are needed by those alone that ask for them, in the sum', () => {
    const vms = [
      vm({ memoryMiB: 64, hugePages: '2MiB', numaNodes: [1] }),
      vm({ memoryMiB: 512 }),
      vm({ memoryMiB: 128, hugePages: '2MiB', numaNodes: [1] }),
    ]
    expect(planHugePages(vms, [0, 1])).toEqual([{ sizeKiB: 2048, node: 1, pages: 96 }])
  })

  it('come from all nodes with memory in equal parts where none is named, what is over from the first', () => {
    expect(planHugePages([vm({ memoryMiB: 66, hugePages: '2MiB' }), vm({ memoryMiB: 1024, hugePages: '1GiB' })], [0, 2])).toEqual([
      { sizeKiB: 2048, node: 0, pages: 17 },
      { sizeKiB: 2048, node: 2, pages: 16 },
      { sizeKiB: 1_048_576, node: 0, pages: 1 },
      { sizeKiB: 1_048_576, node: 2, pages: 0 },
    ])
  })
})
