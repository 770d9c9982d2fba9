// The beginning of a qcow2 image as a hostile or careless person would make it. @source QEMU docs/interop/qcow2.rst
const SIZE_BYTES = 1_048_576
const NAME_AT = 0x200

/** An image of 1 MiB that lies on another file; without `backingFile` it says that it needs one, and does not say which. */
export function qcow2OnAnotherFile(backingFile = ''): Uint8Array {
  const bytes = new Uint8Array(65_536)
  const view = new DataView(bytes.buffer)
  const fields = [
    [0, 0x514649fb],
    [4, 3],
    [12, NAME_AT],
    [16, backingFile.length],
    [20, 16],
    [28, SIZE_BYTES],
    [36, 1],
    [44, 0x30000],
    [52, 0x10000],
    [56, 1],
    [96, 4],
    [100, 104],
  ] as const
  for (const [at, value] of fields) view.setUint32(at, value)
  bytes.set(
    Uint8Array.from(backingFile, (character) => character.charCodeAt(0)),
    NAME_AT,
  )
  return bytes
}
