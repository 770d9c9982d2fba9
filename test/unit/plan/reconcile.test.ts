// What a starting controld plans for each VM and each task.
import { describe, expect, it } from 'vitest'
import type { Task } from '../../../control/src/domain/task.ts'
import { planReconciliation, type Remembered } from '../../../control/src/plan/reconcile.ts'
import { endInterrupted, INTERRUPTED, type Outcome } from '../../../control/src/plan/tasks.ts'

describe('reconciliation', () => {
  it.each<[string, Remembered[], string[], unknown[], boolean?]>([
    ['nothing remembered, nothing found', [], [], []],
    ['a VM that is off', [{ id: 'a', hasProcess: false }], [], []],
    ['a VM that was started and has its cgroup', [{ id: 'a', hasProcess: true }], ['a'], [{ kind: 'adopt', id: 'a' }]],
    ['a VM that was started and has none', [{ id: 'a', hasProcess: true }], [], [{ kind: 'host-was-down', id: 'a' }]],
    ['one whose end was not written', [{ id: 'a', hasProcess: true }], [], [{ kind: 'adopt', id: 'a' }], false],
    ['a start that was never recorded', [{ id: 'a', hasProcess: false }], ['a'], [{ kind: 'remove-stray', id: 'a' }]],
    ['a cgroup of no known VM', [], ['x'], [{ kind: 'remove-stray', id: 'x' }]],
    [
      'all of these',
      [
        { id: 'a', hasProcess: true },
        { id: 'b', hasProcess: true },
        { id: 'c', hasProcess: false },
      ],
      ['x', 'a'],
      [
        { kind: 'adopt', id: 'a' },
        { kind: 'host-was-down', id: 'b' },
        { kind: 'remove-stray', id: 'x' },
      ],
    ],
  ])('of %s', (_what, remembered, cgroups, steps, hostWasDown = true) => {
    expect(planReconciliation(remembered, cgroups, hostWasDown)).toEqual(steps)
  })
})

describe('a task that a restart cut off', () => {
  const task = (kind: Task['kind']): Task => ({
    ...{ id: 't', kind, target: { kind: 'vm', id: 'a' }, state: 'running', progressPercent: 0, cancellable: false },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', endedAt: null, error: null, by: 'administrator' },
  })
  const at = '2026-01-01T00:01:00.000Z'

  it.each<[Task['kind'], Outcome, Task['state']]>([
    ['vm.power-on', 'running', 'succeeded'],
    ['vm.power-on', 'off', 'failed'],
    ['vm.shutdown', 'running', 'failed'],
    ['vm.shutdown', 'off', 'succeeded'],
    ['vm.power-off', 'running', 'failed'],
    ['vm.power-off', 'off', 'succeeded'],
    ['vm.suspend', 'suspended', 'succeeded'],
    ['vm.suspend', 'running', 'failed'],
    ['vm.resume', 'running', 'succeeded'],
    ['vm.resume', 'suspended', 'failed'],
    ['vm.pause', 'running', 'failed'],
    ['vm.reconfigure', 'running', 'failed'],
    ['vm.reset', 'running', 'failed'],
    ['disk.create', 'there', 'succeeded'],
    ['disk.create', 'missing', 'failed'],
    ['disk.copy', 'there', 'succeeded'],
    ['disk.copy', 'missing', 'failed'],
    ['file.upload', 'there', 'succeeded'],
    ['file.upload', 'missing', 'failed'],
    ['disk.grow', 'there', 'failed'],
    ['host.power-off', 'off', 'failed'],
    ['host.restart', 'off', 'failed'],
  ])('of kind %s has, with its target %s, %s', (kind, outcome, state) => {
    const ended = endInterrupted(task(kind), () => outcome, at)
    expect(ended).toMatchObject({ state, endedAt: at, error: state === 'failed' ? INTERRUPTED : null })
  })
})
