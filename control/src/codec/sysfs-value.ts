// Reads single values of sysfs files and of parameters of kernel modules.

/** A whole number of 0 or more; null for anything else, as for the -1 by which the kernel says that it does not know. */
export function parseCount(text: string | null): number | null {
  return /^\d{1,15}$/.test(text?.trim() ?? '') ? Number(text) : null
}

/** `Y`, `N`, `1`, `0`; null for anything else. @source Linux kernel/params.c, param_get_bool and param_get_int */
export function parseSwitch(text: string | null): boolean | null {
  const value = text?.trim()
  if (value === 'Y' || value === '1') return true
  return value === 'N' || value === '0' ? false : null
}

/** `0x8086` as `8086`, of exactly so many digits; null for anything else. */
export function parseHex(text: string | null, digits: number): string | null {
  const value = /^0x([0-9a-fA-F]+)$/.exec(text?.trim() ?? '')?.[1]
  return value?.length === digits ? value.toLowerCase() : null
}
