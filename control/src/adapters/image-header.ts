// The beginning of an image file, read and judged; what refuses it as the host's failure.
import { readHead } from 'hv:fs'
import { parseQcow2Header, QCOW2_HEADER_BYTES, type Qcow2Header } from '../codec/qcow2-header.ts'
import { VmHostFailure } from './host-failure.ts'

/** What the file is if it is taken for a qcow2 image. */
export type ImageHeader =
  | { readonly beginsAsQcow2: true; readonly header: Qcow2Header }
  | { readonly beginsAsQcow2: boolean; readonly refused: VmHostFailure }

export function readImageHeader(path: string, step: string): ImageHeader {
  const header = parseQcow2Header(readHead(path, QCOW2_HEADER_BYTES))
  if (header.ok) return { beginsAsQcow2: true, header: header.value }
  const [problem] = header.problems
  const field = problem?.field === '' ? '' : `${problem?.field}: `
  return {
    beginsAsQcow2: problem?.code !== 'image.not-qcow2',
    refused: new VmHostFailure(problem?.code ?? 'image.malformed', step, `${field}${problem?.message}`, path),
  }
}
