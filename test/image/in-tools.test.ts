// image/in-tools: the command's status, place and mounts, and nothing of it left behind.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../harness/paths.ts'

const program = join(repository, 'image/in-tools')
const run = (command: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  spawnSync(program, command, { cwd: repository, encoding: 'utf8', ...options })

describe('in-tools', () => {
  it.each([0, 1, 77])('passes exit status %i on', (status) => {
    expect(run(['sh', '-c', `exit ${status}`]).status).toBe(status)
  })

  it("runs in the caller's directory and passes words as they are", () => {
    const { stdout } = run(['sh', '-c', 'pwd; printf "<%s>" "$@"', 'sh', 'a  b', '$x', "it's"], { cwd: join(repository, 'image') })
    expect(stdout).toBe(`${repository}/image\n<a  b><$x><it's>`)
  })

  it('is Debian 13, whatever the host is', () => {
    expect(run(['cat', '/etc/debian_version']).stdout).toMatch(/^13\b/)
  })

  it('has a /tmp of its own', () => {
    const marker = `/tmp/in-tools-${process.pid}`
    expect(run(['sh', '-c', `touch ${marker} && ls ${marker}`]).stdout).toBe(`${marker}\n`)
    expect(existsSync(marker)).toBe(false)
  })

  it('refuses to run without a tree, and says which make target helps', () => {
    const { status, stderr } = run(['true'], { env: { ...process.env, CORBEL_TOOLS: '/nonexistent' } })
    expect({ status, stderr }).toEqual({ status: 69, stderr: "in-tools: no tools tree at /nonexistent: run 'make tools' first\n" })
  })

  it('is the command itself, and leaves no mount and no process when that is killed', async () => {
    const mounts = () => readFileSync('/proc/mounts', 'utf8')
    const before = mounts()
    const child = spawn(program, ['sh', '-c', 'echo $$; read -r _'], { cwd: repository, stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    expect(Number(line.toString())).toBe(child.pid)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(mounts()).toBe(before)
    expect(existsSync(`/proc/${child.pid}`)).toBe(false)
  })
})
