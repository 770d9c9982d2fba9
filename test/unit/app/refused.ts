// The code that a use case was refused with.

export function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return (error as { code: string }).code
  }
  throw new Error('was not refused')
}

export async function codeOfPromise(act: Promise<unknown>): Promise<string> {
  try {
    await act
  } catch (error) {
    return (error as { code: string }).code
  }
  throw new Error('was not refused')
}
