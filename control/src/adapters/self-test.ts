// Asks the host's own API as a client of the network would: over TLS, through the gateway, answered by the control daemon.
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import type { SelfTest } from '../ports/boot-slots.ts'

const ASK_MS = 15_000
const REQUEST = 'GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

export function createSelfTest(): SelfTest {
  return {
    async apiAnswers() {
      try {
        const argv = ['/usr/bin/openssl', 's_client', '-quiet', '-connect', '127.0.0.1:443']
        const { stdout } = await run({ argv, env: { LC_ALL: 'C' }, stdin: REQUEST, timeoutMs: ASK_MS })
        return /^HTTP\/1\.1 200 /.test(decodeUtf8(stdout))
      } catch {
        return false
      }
    },
  }
}
