// The rule for passwords that people choose.
import * as v from 'valibot'

export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 128

/** 12 to 128 characters, without control characters, which no keyboard of every console can type. */
export const passwordSchema = v.pipe(
  v.string(),
  v.minLength(PASSWORD_MIN),
  v.maxLength(PASSWORD_MAX),
  v.regex(/^[^\u0000-\u001f\u007f]*$/, 'must not have control characters'),
)
