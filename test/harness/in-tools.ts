// Commands in the tools tree, which see the repository.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { repository } from './paths.ts'

/** Standard output; throws with its standard error when it fails. */
export function inTools(...command: string[]): string {
  return execFileSync(join(repository, 'image/in-tools'), command, {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  })
}
