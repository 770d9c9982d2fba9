// What testssl.sh finds of the gateway: nothing above "low" but what a certificate of one’s own is, with the reason for each.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { within } from '../harness/wait.ts'

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

/** Expected all the same. */
const REVIEWED: Readonly<Record<string, string>> = {
  cert_chain_of_trust: 'the host signs its certificate itself; who connects compares the fingerprint with the console’s',
  cert_revocation: 'nobody revokes it: a host that is not trusted any more is given another',
  cert_extlifeSpan: 'ten years, as it is made once for a host and pinned by its fingerprint',
  cert_validityPeriod: 'ten years, as it is made once for a host and pinned by its fingerprint',
  engine_problem: 'of testssl.sh’s own OpenSSL: ciphers that the host does not speak either',
  scanTime: 'how long it took, and that is said as a warning where it took long',
}

/** Of what must have been looked at, for the grade to be one. */
const LOOKED_AT = [
  'SSLv3',
  'TLS1',
  'TLS1_2',
  'TLS1_3',
  'cipherlist_NULL',
  'cert_keySize',
  'HSTS_time',
  'heartbleed',
  'secure_renego',
  'LUCKY13',
]

async function gradeOf(host: Appliance, hostname: string): Promise<readonly Finding[]> {
  const file = join(host.machine.logDirectory, 'testssl.json')
  rmSync(file, { force: true })
  // Protocols, ciphers, forward secrecy, the server’s preferences and defaults, headers, known holes: short, as the long names change with its versions.
  const checks = ['-p', '-s', '-f', '-P', '-S', '-h', '-U']
  const manner = ['--quiet', '--warnings', 'off', '--color', '0', '--nodns', 'none', '--openssl-timeout', '60', '--jsonfile', file]
  const child = spawn('testssl', [...manner, ...checks, '--ip', '127.0.0.1', `https://${hostname}:${host.api.port}/`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'dumb' },
    detached: true,
  })
  let output = ''
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString()
  })
  const ended = new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject))
  try {
    await within('end of testssl.sh', ended, 800_000)
    return JSON.parse(readFileSync(file, 'utf8')) as Finding[]
  } catch (error) {
    throw new Error(`testssl.sh gave no grade: ${error instanceof Error ? error.message : String(error)}\n${output.slice(-2000)}`)
  } finally {
    // With the clients that it has started.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
}

export async function expectTlsGrade(host: Appliance, hostname: string): Promise<void> {
  const findings = await gradeOf(host, hostname)
  const seen = new Set(findings.map(({ id }) => id))
  expect(LOOKED_AT.filter((id) => !seen.has(id))).toEqual([])
  const bad = findings.filter(
    ({ id, severity }) => !['OK', 'INFO', 'LOW'].includes(severity) && REVIEWED[id.replace(/ <.*/, '')] === undefined,
  )
  expect(bad).toEqual([])
}
