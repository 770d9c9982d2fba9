// The second half of the unit tests inside QuickJS.
import { unitHalf } from './unit-half.ts'

await unitHalf(1)
