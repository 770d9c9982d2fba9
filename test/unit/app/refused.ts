// What a use case was refused with.
import type { Refusal } from '../../../control/src/app/refusal.ts'

export function refusalOf(act: () => unknown): Refusal {
  try {
    act()
  } catch (error) {
    return error as Refusal
  }
  throw new Error('was not refused')
}

export const codeOf = (act: () => unknown) => refusalOf(act).code

export async function refusalOfPromise(act: Promise<unknown>): Promise<Refusal> {
  try {
    await act
  } catch (error) {
    return error as Refusal
  }
  throw new Error('was not refused')
}

export const codeOfPromise = async (act: Promise<unknown>): Promise<string> => (await refusalOfPromise(act)).code
