// What the host does with a VM by itself: at its own start and end, after crashes, on errors. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'

export function seconds(least: number, most: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))
}

export const autostartSchema = closed({
  enabled: v.pipe(v.optional(v.boolean(), false), field({ title: 'With the host', description: 'Power on when the host has started.' })),
  order: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9999)), 100),
    field({
      title: 'Order',
      description: 'Lower ones start first and are shut down last; those with the same order start together.',
    }),
  ),
  delaySeconds: v.pipe(
    v.optional(seconds(0, 3600), 0),
    field({ title: 'Delay', unit: 's', description: 'Waited after this VM is ready, before the next order begins.' }),
  ),
  ready: v.pipe(
    v.optional(v.picklist(['started', 'agent']), 'started'),
    field({ title: 'Ready when', description: '`started`: the VM runs. `agent`: its guest agent answers.' }),
  ),
  readyTimeoutSeconds: v.pipe(
    v.optional(seconds(1, 3600), 300),
    field({ title: 'Ready within', unit: 's', description: 'After that the next order begins all the same, with a warning.' }),
  ),
})

export const shutdownEndSchema = v.picklist(['fail', 'power-off'])

export const shutdownSchema = closed({
  timeoutSeconds: v.pipe(
    v.optional(seconds(5, 3600), 60),
    field({ title: 'Deadline', unit: 's', description: 'What a guest has to shut down in.' }),
  ),
  onTimeout: v.pipe(
    v.optional(shutdownEndSchema, 'fail'),
    field({ title: 'After the deadline', description: '`fail`: the VM goes on, the task fails. `power-off`: it is powered off.' }),
  ),
})

export const onHostShutdownSchema = closed({
  action: v.pipe(
    v.optional(v.picklist(['shutdown', 'suspend', 'power-off']), 'shutdown'),
    field({ title: 'When the host shuts down', description: 'A guest that does not shut down in time is powered off.' }),
  ),
  timeoutSeconds: v.pipe(v.optional(seconds(5, 3600), 60), field({ title: 'Deadline', unit: 's', description: 'For this VM.' })),
})

export const onCrashSchema = closed({
  action: v.pipe(
    v.optional(v.picklist(['restart', 'stay-off']), 'restart'),
    field({ title: 'After a crash', description: 'Of QEMU, or of the guest where `onPanic` powers it off.' }),
  ),
  maxRestarts: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 5),
    field({ title: 'Restarts', description: 'At most this many within the window; then the VM stays off.' }),
  ),
  windowSeconds: v.pipe(
    v.optional(seconds(60, 86_400), 600),
    field({
      title: 'Window',
      unit: 's',
      description: 'A VM that ran this long begins anew; each restart waits twice as long as the last.',
    }),
  ),
})

export const onPanicSchema = v.picklist(['none', 'reset', 'power-off', 'pause'])
export const watchdogSchema = v.picklist(['none', 'reset', 'power-off', 'pause'])
export const onIoErrorSchema = v.picklist(['report', 'pause'])
