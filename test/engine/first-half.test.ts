// The first half of the unit tests inside QuickJS.
import { unitHalf } from './unit-half.ts'

await unitHalf(0)
