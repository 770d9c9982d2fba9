// Data disks of test machines: cheap overlays over the prepared one, empty ones, copies.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { guests } from './paths.ts'

/** A writable disk that starts as build/guests/data.img. */
export function overlayDataDisk(directory: string): string {
  const file = join(directory, 'data.qcow2')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', join(guests, 'data.img'), file])
  return file
}

/** An empty disk of `sizeMiB`. */
export function blankDisk(directory: string, sizeMiB: number): string {
  const file = join(directory, 'blank.qcow2')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', file, `${sizeMiB}M`])
  return file
}

/** As the disk is, holes included. */
export function copyDisk(from: string, to: string): void {
  execFileSync('cp', ['--sparse=always', from, to])
}
